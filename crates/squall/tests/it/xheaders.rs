//! Forwarding headers of trusted and of other peers, at the example.

use testkit::{Running, Wire};

use crate::program::{Friendfeed, command};

/// Returns the client that `/whoami` and the access log have for these headers.
fn whoami(site: &Friendfeed, headers: &str) -> (String, String) {
    let mut wire = site.wire();
    wire.send(format!("GET /whoami HTTP/1.1\r\nHost: a\r\n{headers}\r\n"));
    let reply = wire.response();
    let logged = site.running.wait_line(" GET /whoami ");
    let logged = logged.split(['(', ')']).nth(1).unwrap_or_default();
    let text = reply.text().to_owned();
    let of = |name: &str| {
        let rest = text.split_once(&format!("\"{name}\":\""))?.1;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let answer = match (of("remote_ip"), of("scheme")) {
        (Some(ip), Some(scheme)) => format!("{ip} {scheme}"),
        _ => reply.status.to_string(),
    };
    (answer, logged.to_owned())
}

#[test]
fn headers_of_trusted_proxies_set_the_client() {
    let real = "X-Real-IP: 203.0.113.7\r\nX-Scheme: https\r\n";
    let chain = "X-Forwarded-For: 6.6.6.6, 203.0.113.7, 192.0.2.5\r\n";
    for (flags, headers, answer) in [
        (&[][..], real, "127.0.0.1 http"),
        (&[], chain, "127.0.0.1 http"),
        (&["--xheaders"], "", "127.0.0.1 http"),
        (&["--xheaders"], real, "203.0.113.7 https"),
        (&["--xheaders"], chain, "192.0.2.5 http"),
        (&["--xheaders"], "X-Real-IP: nobody\r\n", "unknown http"),
        // A client behind a company's proxy, and nginx as in Tornado's guide.
        (
            &["--xheaders"],
            "X-Real-IP: 203.0.113.7\r\nX-Forwarded-For: 10.1.2.3\r\n",
            "unknown http",
        ),
        (
            &["--xheaders", "--trusted-proxy", "192.0.2.0/24"],
            real,
            "127.0.0.1 http",
        ),
        (
            &[
                "--trusted-proxy",
                "192.0.2.0/24",
                "--trusted-proxy",
                "127.0.0.1",
            ],
            chain,
            "203.0.113.7 http",
        ),
    ] {
        let site = Friendfeed::start(flags);
        let (said, logged) = whoami(&site, headers);
        assert_eq!(said, answer, "{flags:?} {headers}");
        assert_eq!(logged, answer.split(' ').next().unwrap_or_default());
    }
}

#[test]
fn each_request_of_a_connection_has_its_own_client() {
    let site = Friendfeed::start(&["--xheaders"]);
    let mut wire: Wire = site.wire();
    for (header, ip) in [
        ("X-Real-IP: 203.0.113.7\r\n", "203.0.113.7"),
        ("", "127.0.0.1"),
    ] {
        wire.send(format!("GET /whoami HTTP/1.1\r\nHost: a\r\n{header}\r\n"));
        assert!(
            wire.response()
                .text()
                .contains(&format!("\"remote_ip\":\"{ip}\""))
        );
    }
}

#[test]
fn malformed_trusted_proxy_ends_the_start() {
    for proxy in ["10.0.0.0/33", "proxy.example", "10.0.0.1/8", ""] {
        let mut running = Running::spawn(command().args(["--port", "0", "--trusted-proxy", proxy]));
        assert_eq!(running.wait().code(), Some(1), "{proxy}");
        assert!(
            running.output().contains(&format!("{proxy:?}")),
            "{}",
            running.output()
        );
    }
}
