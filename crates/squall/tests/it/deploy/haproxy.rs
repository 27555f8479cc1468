//! `haproxy.cfg`, with the real HAProxy: alone in front of friendfeed, and with nginx on either
//! side.

use std::{
    collections::BTreeSet,
    fs,
    net::{SocketAddr, TcpStream},
    path::Path,
    process::Command,
};

use testkit::{Running, TempDir, free_port, temp_dir, wait_until};

use super::{cannot_be_forged, certificate, file, id, local, nginx::Nginx, supervisord::Site};
use crate::load::under_load;

/// The variant of the file for friendfeed with trusted forwarding headers.
pub(super) const BY_HEADERS: (&str, &str) = ("send-proxy-v2 check-send-proxy ", "");

/// The variant of the file for nginx in front of HAProxy.
pub(super) const BEHIND_NGINX: [(&str, &str); 3] = [
    ("# acl nginx", "acl nginx"),
    ("# http-request set-src", "http-request set-src"),
    ("# http-request set-var", "http-request set-var"),
];

/// The variant of `nginx.conf` for HAProxy in front of nginx.
const BEHIND_HAPROXY: [(&str, &str); 2] = [
    (
        "listen 80;",
        "listen 80 proxy_protocol; set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol;",
    ),
    ("$scheme", "$http_x_forwarded_proto"),
];

/// The servers of the file.
const SERVERS: &str = "
    server one   127.0.0.1:8000
    server two   127.0.0.1:8001
    server three 127.0.0.1:8002
    server four  127.0.0.1:8003
";

pub(super) struct Haproxy {
    running: Running,
    pub(super) address: SocketAddr,
    _directory: TempDir,
}

impl Haproxy {
    fn start(more: &[(&str, &str)]) -> Option<Self> {
        let haproxy = testkit::outside("haproxy")?;
        let directory = temp_dir();
        let address = local(free_port());
        let (bind, user, group) = (
            format!("bind {address}"),
            format!("user {}", id("-un")),
            format!("group {}", id("-gn")),
        );
        let mut substitutions = more.to_vec();
        substitutions.extend([
            ("bind :80", &*bind),
            ("user haproxy", &user),
            ("group haproxy", &group),
            // The test needs no line for each request.
            ("option httplog", "option dontlog-normal"),
        ]);
        let path = directory.path().join("haproxy.cfg");
        fs::write(&path, file("haproxy.cfg", &substitutions)).expect("an empty directory");
        let running = Running::spawn(Command::new(haproxy).arg("-db").arg("-f").arg(path));
        wait_until("HAProxy listens", || TcpStream::connect(address).is_ok());
        Some(Self {
            running,
            address,
            _directory: directory,
        })
    }

    pub(super) fn start_before(ports: [u16; 4], more: &[(&str, &str)]) -> Option<Self> {
        let servers = [0, 1, 2, 3].map(|n| {
            let from = format!("127.0.0.1:800{n}\n");
            (from, format!("127.0.0.1:{}\n", ports[n]))
        });
        let servers = servers.iter().map(|(from, to)| (&**from, &**to));
        Self::start(&servers.chain(more.iter().copied()).collect::<Vec<_>>())
    }
}

/// Returns a `bind` line for HTTPS in addition to the file's, and its address.
pub(super) fn bind_tls(directory: &Path) -> Option<(SocketAddr, String)> {
    let certificate = certificate(directory)?;
    let address = local(free_port());
    let line = format!("bind :80\n    bind {address} ssl crt {certificate}");
    Some((address, line))
}

/// HAProxy with the PROXY protocol, as in the file.
fn site() -> Option<(Site, Haproxy)> {
    let site = Site::start_for_haproxy()?;
    let haproxy = Haproxy::start_before(site.ports(), &[])?;
    Some((site, haproxy))
}

#[test]
fn proxy_protocol_names_the_client() {
    let (Some((_site, haproxy)), Some(curl)) = (site(), testkit::outside("curl")) else {
        return;
    };
    cannot_be_forged(&curl, &format!("http://{}", haproxy.address));
}

#[test]
fn forwarding_headers_name_the_client() {
    let directory = temp_dir();
    let Some((tls, bind)) = bind_tls(directory.path()) else {
        return;
    };
    let (Some(site), Some(curl)) = (Site::start(), testkit::outside("curl")) else {
        return;
    };
    let more = [BY_HEADERS, ("bind :80", &bind)];
    let Some(haproxy) = Haproxy::start_before(site.ports(), &more) else {
        return;
    };
    cannot_be_forged(&curl, &format!("http://{}", haproxy.address));
    cannot_be_forged(&curl, &format!("https://{tls}"));
}

#[test]
fn through_haproxy_and_nginx() {
    let directory = temp_dir();
    let Some((tls, bind)) = bind_tls(directory.path()) else {
        return;
    };
    let (Some(site), Some(curl)) = (Site::start(), testkit::outside("curl")) else {
        return;
    };
    let Some(nginx) = Nginx::start(site.ports(), &BEHIND_HAPROXY) else {
        return;
    };
    let server = format!("\n    server nginx {}\n", nginx.address);
    let more = [
        (SERVERS, &*server),
        ("option httpchk GET /readyz", ""),
        ("bind :80", &bind),
    ];
    let Some(haproxy) = Haproxy::start(&more) else {
        return;
    };
    cannot_be_forged(&curl, &format!("http://{}", haproxy.address));
    cannot_be_forged(&curl, &format!("https://{tls}"));
}

#[test]
fn through_nginx_and_haproxy_by_the_proxy_protocol() {
    let (Some(site), Some(curl)) = (Site::start_for_haproxy(), testkit::outside("curl")) else {
        return;
    };
    let Some(haproxy) = Haproxy::start_before(site.ports(), &BEHIND_NGINX) else {
        return;
    };
    let Some(nginx) = Nginx::start([haproxy.address.port(); 4], &[]) else {
        return;
    };
    cannot_be_forged(&curl, &format!("http://{}", nginx.address));
}

#[test]
fn through_nginx_and_haproxy_by_headers() {
    let directory = temp_dir();
    let Some(certificate) = certificate(directory.path()) else {
        return;
    };
    let (Some(site), Some(curl)) = (Site::start(), testkit::outside("curl")) else {
        return;
    };
    let more = [&BEHIND_NGINX[..], &[BY_HEADERS]].concat();
    let Some(haproxy) = Haproxy::start_before(site.ports(), &more) else {
        return;
    };
    let Some((nginx, tls)) = Nginx::start_tls([haproxy.address.port(); 4], &certificate) else {
        return;
    };
    cannot_be_forged(&curl, &format!("http://{}", nginx.address));
    cannot_be_forged(&curl, &format!("https://{tls}"));
}

#[test]
fn killed_process_loses_no_get() {
    let Some((site, haproxy)) = site() else {
        return;
    };
    let account = under_load(haproxy.address, || site.kill_one_after_the_other());
    account.nothing_is_lost();
    assert!(account.pids.len() > 4, "{account:?}");
}

#[test]
fn deploy_of_all_processes_loses_no_request() {
    let Some((site, haproxy)) = site() else {
        return;
    };
    let before: BTreeSet<u32> = site.pids().into_iter().collect();
    let account = under_load(haproxy.address, || site.restart_one_after_the_other());
    account.nothing_is_lost();
    let after: BTreeSet<u32> = site.pids().into_iter().collect();
    assert!(account.pids.is_superset(&before), "{account:?}");
    assert!(account.pids.is_superset(&after), "{account:?}");
    // HAProxy marked a process as down before the process stopped accepting.
    for name in ["one", "two", "three", "four"] {
        let down = format!("frontends/{name} is DOWN, reason: Layer7 wrong status, code: 503");
        haproxy.running.wait_line(&down);
    }
}
