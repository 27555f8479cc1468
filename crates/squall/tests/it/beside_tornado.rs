//! Migration from Tornado route by route: both programs behind one nginx, with the same users.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    path::Path,
    process::Command,
};

use squall::CookieSecret;
use testkit::{Browser, Running, TempDir, Wire, free_port, temp_dir, wait_until};

use crate::{nginx::nginx_conf, program::Friendfeed};

const OLD_SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/old_site.py");

struct Site {
    address: SocketAddr,
    _new: Friendfeed,
    _old: Running,
    _nginx: Running,
    _dir: TempDir,
}

impl Site {
    fn start() -> Option<Self> {
        let python = testkit::outside("python-with-tornado")?;
        let nginx = testkit::outside("nginx")?;
        let secret = CookieSecret::generate().expect("random bytes");
        let new = Friendfeed::start(&["--xheaders", "--cookie-secret", &secret]);
        let old = Running::spawn(Command::new(python).arg(OLD_SITE).arg(&secret));
        let line = old.wait_line("listening on ");
        let old_port = line.rsplit(' ').next().expect("a port");
        let dir = temp_dir();
        let port = free_port();
        let config = config(dir.path(), port, new.address, old_port);
        fs::write(dir.path().join("nginx.conf"), config).expect("an empty directory");
        let nginx = Running::spawn(
            Command::new(nginx)
                .args(["-e", "stderr", "-c", "nginx.conf", "-p"])
                .arg(dir.path()),
        );
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        wait_until("nginx listens", || TcpStream::connect(address).is_ok());
        Some(Self {
            address,
            _new: new,
            _old: old,
            _nginx: nginx,
            _dir: dir,
        })
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

fn config(dir: &Path, port: u16, new: SocketAddr, old_port: &str) -> String {
    let http = format!(
        "proxy_set_header Host $http_host;
         proxy_set_header X-Real-IP $remote_addr;
         proxy_set_header X-Forwarded-For $remote_addr;
         proxy_set_header X-Scheme $scheme;
         proxy_set_header X-Forwarded-Proto $scheme;
         server {{
             listen 127.0.0.1:{port};
             location /old/ {{ proxy_pass http://127.0.0.1:{old_port}; }}
             location / {{ proxy_pass http://{new}; }}
         }}"
    );
    nginx_conf(dir, &http)
}

#[test]
fn both_halves_accept_each_others_login() {
    let Some((site, browser)) = Site::start().zip(Browser::start()) else {
        return;
    };
    // Sign in at the new half; the old half accepts the cookie, and its form signs out at the new
    // half.
    browser.open(&site.url("/login"));
    browser.type_into("#name", "Ada");
    browser.click("main button");
    // The next page would be requested before the form's response sets its cookie.
    browser.wait_text("header nav", "Sign out");
    browser.open(&site.url("/old/me"));
    browser.wait_text("h1", "old Ada");
    browser.click("button");
    browser.wait_text("header nav", "Sign in");
    browser.open(&site.url("/old/me"));
    assert_eq!(browser.url(), site.url("/old/login?next=%2Fold%2Fme"));

    // Sign in at the old half with the token of the new half; both accept the cookie.
    browser.click("button");
    browser.wait_text("h1", "old Grace");
    browser.open(&site.url("/me"));
    browser.wait_text("h1", "Hello, Grace");
    browser.click("header button");
    browser.wait_text("header nav", "Sign in");
}

#[test]
fn both_halves_reject_unsigned_cookies() {
    let Some(site) = Site::start() else {
        return;
    };
    for path in ["/me", "/old/me"] {
        for cookie in ["Ada", "2|1:0|10:1300000000|4:user|4:QWRh|0000", ""] {
            let mut wire = Wire::connect(site.address);
            wire.send(format!(
                "GET {path} HTTP/1.1\r\nHost: a\r\nCookie: user=\"{cookie}\"\r\n\r\n"
            ));
            assert_eq!(wire.response().status, 302, "{path} {cookie}");
        }
    }
}
