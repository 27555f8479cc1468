//! `nginx.conf`, with the real nginx in front of the four processes of `supervisord.conf`.

use std::{
    collections::BTreeSet, fs, net::SocketAddr, net::TcpStream, path::Path, process::Command,
};

use testkit::{Running, TempDir, Wire, free_port, temp_dir, wait_until};

use super::{cannot_be_forged, certificate, file, local, supervisord::Site};
use crate::load::under_load;

/// The directory with `static`, and with files that are not public.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/friendfeed");

/// nginx ignores `user` unless it runs as root.
const USER: &str = "user root;";

pub(super) struct Nginx {
    _running: Running,
    pub(super) address: SocketAddr,
    _directory: TempDir,
}

impl Nginx {
    /// Starts nginx in front of these ports of 127.0.0.1, with more substitutions.
    pub(super) fn start(upstreams: [u16; 4], more: &[(&str, &str)]) -> Option<Self> {
        let upstreams = servers(upstreams, " ");
        let upstreams = upstreams.iter().map(|(from, to)| (&**from, &**to));
        let substitutions = upstreams.chain(more.iter().copied()).chain([
            ("user www-data;", USER),
            ("/run/nginx.pid", "nginx.pid"),
            ("/srv/friendfeed", ROOT),
        ]);
        Self::run("nginx.conf", &substitutions.collect::<Vec<_>>())
    }

    /// Starts nginx with the configuration of Tornado's guide.
    pub(super) fn start_as_tornado(upstreams: [u16; 4]) -> Option<Self> {
        let upstreams = servers(upstreams, ";");
        let upstreams = upstreams.iter().map(|(from, to)| (&**from, &**to));
        let substitutions = upstreams.chain([
            ("user nginx;", USER),
            ("/var/run/nginx.pid", "nginx.pid"),
            ("/var/www", ROOT),
        ]);
        Self::run("nginx-tornado.conf", &substitutions.collect::<Vec<_>>())
    }

    /// Starts nginx with a file of `deploy/`, in a directory of its own.
    fn run(name: &str, more: &[(&str, &str)]) -> Option<Self> {
        let nginx = testkit::outside("nginx")?;
        let directory = temp_dir();
        let path = directory.path();
        let address = local(free_port());
        let (listen, http) = (
            format!("listen {address}"),
            format!("http {{\n{}", temporary(path)),
        );
        let log = format!("{}/access.log", path.display());
        let mut substitutions = more.to_vec();
        substitutions.extend([
            ("/var/log/nginx/error.log", "/dev/null"),
            ("/var/log/nginx/access.log", &*log),
            ("listen 80", &*listen),
            ("http {", &*http),
        ]);
        fs::write(path.join("nginx.conf"), file(name, &substitutions)).expect("an empty directory");
        let running = Running::spawn(
            Command::new(nginx)
                .args(["-e", "stderr", "-g", "daemon off;", "-c"])
                .arg(path.join("nginx.conf"))
                .arg("-p")
                .arg(path),
        );
        wait_until("nginx listens", || TcpStream::connect(address).is_ok());
        Some(Self {
            _running: running,
            address,
            _directory: directory,
        })
    }

    /// Starts nginx with the file's lines for HTTPS; returns the address for it.
    pub(super) fn start_tls(upstreams: [u16; 4], certificate: &str) -> Option<(Self, SocketAddr)> {
        let address = local(free_port());
        let tls = [
            ("# listen 443", &*format!("listen {address}")),
            ("# ssl_certificate ", "ssl_certificate "),
            ("# ssl_certificate_key ", "ssl_certificate_key "),
            ("/etc/ssl/friendfeed.pem", certificate),
            ("/etc/ssl/friendfeed.key", certificate),
        ];
        Some((Self::start(upstreams, &tls)?, address))
    }

    fn wire(&self) -> Wire {
        Wire::connect(self.address)
    }
}

/// Returns the substitutions of the four servers of a file, whose addresses end in `end`.
fn servers(ports: [u16; 4], end: &str) -> [(String, String); 4] {
    [0, 1, 2, 3].map(|n| {
        let from = format!("127.0.0.1:800{n}{end}");
        (from, format!("127.0.0.1:{}{end}", ports[n]))
    })
}

/// Directories that Debian's nginx has where only root may write.
fn temporary(directory: &Path) -> String {
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    kinds
        .map(|kind| format!("{kind}_temp_path {}/{kind};\n", directory.display()))
        .concat()
}

fn site() -> Option<(Site, Nginx)> {
    let site = Site::start()?;
    let nginx = Nginx::start(site.ports(), &[])?;
    Some((site, nginx))
}

#[test]
fn client_address_cannot_be_forged() {
    let (Some((_site, nginx)), Some(curl)) = (site(), testkit::outside("curl")) else {
        return;
    };
    cannot_be_forged(&curl, &format!("http://{}", nginx.address));
}

#[test]
fn https_client_address_cannot_be_forged() {
    let directory = temp_dir();
    let Some(certificate) = certificate(directory.path()) else {
        return;
    };
    let (Some(site), Some(curl)) = (Site::start(), testkit::outside("curl")) else {
        return;
    };
    let Some((_nginx, tls)) = Nginx::start_tls(site.ports(), &certificate) else {
        return;
    };
    cannot_be_forged(&curl, &format!("https://{tls}"));
}

#[test]
fn killed_process_loses_no_get() {
    let Some((site, nginx)) = site() else { return };
    let account = under_load(nginx.address, || site.kill_one_after_the_other());
    account.nothing_is_lost();
    assert!(account.pids.len() > 4, "{account:?}");
}

#[test]
fn deploy_of_all_processes_loses_no_request() {
    let Some((site, nginx)) = site() else { return };
    let before: BTreeSet<u32> = site.pids().into_iter().collect();
    let account = under_load(nginx.address, || site.restart_one_after_the_other());
    account.nothing_is_lost();
    let after: BTreeSet<u32> = site.pids().into_iter().collect();
    assert!(after.is_disjoint(&before));
    assert!(account.pids.is_superset(&before), "{account:?}");
    assert!(account.pids.is_superset(&after), "{account:?}");
}

#[test]
fn nginx_serves_only_static_files() {
    let Some((_site, nginx)) = site() else { return };
    for target in [
        "/templates/base.html",
        "/static/../templates/base.html",
        "/static/%2e%2e/templates/base.html",
        "/static/..%2ftemplates/base.html",
        "/static../templates/base.html",
        "/static/./../main.rs",
        "/translations/de.csv",
        "/main.rs",
    ] {
        let mut wire = nginx.wire();
        wire.send(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let reply = wire.response();
        // The response of a process: nginx's own error page is HTML.
        assert_eq!(
            (reply.status, reply.text()),
            (404, "404 Not Found\n"),
            "{target}"
        );
    }
}

#[test]
fn nginx_serves_static_files_without_a_process() {
    // No process is behind nginx, and none is needed.
    let Some(nginx) = Nginx::start([free_port(); 4], &[]) else {
        return;
    };
    let file = |name: &str| fs::read(Path::new(ROOT).join("static").join(name)).expect(name);
    let for_ever = Some("max-age=315360000");
    for (target, name, cache_control) in [
        ("/static/styles.css", "styles.css", None),
        ("/static/styles.css?v=abc", "styles.css", for_ever),
        ("/static/images/logo.png?v=abc", "images/logo.png", for_ever),
        ("/favicon.ico", "favicon.ico", None),
        ("/robots.txt", "robots.txt", None),
    ] {
        let mut wire = nginx.wire();
        wire.send(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let reply = wire.response();
        assert_eq!((reply.status, &reply.body), (200, &file(name)), "{target}");
        assert_eq!(reply.header("cache-control"), cache_control, "{target}");
        let expires = cache_control.map(|_| "Thu, 31 Dec 2037 23:55:55 GMT");
        assert_eq!(reply.header("expires"), expires, "{target}");
    }
}
