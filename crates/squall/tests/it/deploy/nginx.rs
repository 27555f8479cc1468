//! `nginx.conf`, with the real nginx in front of the four processes of `supervisord.conf`.

use std::{
    collections::BTreeSet, fs, net::SocketAddr, net::TcpStream, path::Path, process::Command,
};

use rustix::process::Signal;
use testkit::{Running, TempDir, Wire, free_port, temp_dir, wait_until};

use super::{cannot_be_forged, file, local, supervisord::Site};
use crate::{load::under_load, supervised::signal};

/// The directory that has `static` in it.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/friendfeed");

pub(super) struct Nginx {
    _running: Running,
    pub(super) address: SocketAddr,
    _directory: TempDir,
}

impl Nginx {
    /// With its upstreams at four ports from `first` on, and more substitutions.
    pub(super) fn start(first: u16, more: &[(&str, &str)]) -> Option<Self> {
        let nginx = testkit::outside("nginx")?;
        let directory = temp_dir();
        let path = directory.path();
        let address = local(free_port());
        let upstreams: Vec<_> = (0..4)
            .map(|n| {
                (
                    format!("127.0.0.1:800{n} "),
                    format!("127.0.0.1:{} ", first + n),
                )
            })
            .collect();
        let mut substitutions: Vec<_> = upstreams
            .iter()
            .map(|(from, to)| (&**from, &**to))
            .collect();
        substitutions.extend(more);
        let (listen, http) = (
            format!("listen {address}"),
            format!("http {{\n{}", temporary(path)),
        );
        let (pid, log) = (
            format!("{}/nginx.pid", path.display()),
            format!("{}/access.log", path.display()),
        );
        substitutions.extend([
            // Without root's rights, nginx ignores this.
            ("user www-data;", "user root;"),
            ("/var/log/nginx/error.log", "/dev/null"),
            ("/var/log/nginx/access.log", &*log),
            ("/run/nginx.pid", &*pid),
            ("/var/www", ROOT),
            ("listen 80", &*listen),
            ("http {", &*http),
        ]);
        fs::write(path.join("nginx.conf"), file("nginx.conf", &substitutions))
            .expect("an empty directory");
        let running = Running::spawn(
            Command::new(nginx)
                .args(["-e", "stderr", "-g", "daemon off;", "-c"])
                .arg(path.join("nginx.conf")),
        );
        wait_until("nginx listens", || TcpStream::connect(address).is_ok());
        Some(Self {
            _running: running,
            address,
            _directory: directory,
        })
    }

    fn wire(&self) -> Wire {
        Wire::connect(self.address)
    }
}

/// Debian's nginx has these where only root may write.
fn temporary(directory: &Path) -> String {
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    kinds
        .map(|kind| format!("{kind}_temp_path {}/{kind};\n", directory.display()))
        .concat()
}

fn site() -> Option<(Site, Nginx)> {
    let site = Site::start()?;
    let nginx = Nginx::start(site.port, &[])?;
    Some((site, nginx))
}

#[test]
fn a_client_is_who_it_is() {
    let (Some((_site, nginx)), Some(curl)) = (site(), testkit::outside("curl")) else {
        return;
    };
    cannot_be_forged(&curl, &format!("http://{}", nginx.address));
}

#[test]
fn a_process_that_is_killed_loses_no_get() {
    let Some((site, nginx)) = site() else { return };
    let before: BTreeSet<u32> = site.pids().into_iter().collect();
    assert_eq!(before.len(), 4);
    let account = under_load(nginx.address, || {
        for pid in &before {
            signal(*pid, Signal::KILL);
            wait_until("supervisord to start another", || {
                let now = site.pids();
                now.len() == 4 && !now.contains(pid)
            });
            site.wait_ready();
        }
    });
    account.nothing_is_lost();
    assert!(account.pids.len() > 4, "{account:?}");
}

#[test]
fn a_deploy_of_all_processes_loses_nothing() {
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
fn static_files_come_from_nginx() {
    // Nobody is behind it, and nobody is asked.
    let Some(nginx) = Nginx::start(free_port(), &[]) else {
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
