//! The example behind a load balancer that sends the PROXY header.

use testkit::Wire;

use crate::program::{Friendfeed, command};

/// Returns the client address of `/whoami` for a PROXY header and these headers.
fn remote_ip(site: &Friendfeed, headers: &str) -> String {
    let mut wire = Wire::connect(site.address);
    wire.send("PROXY TCP4 192.0.2.1 198.51.100.1 4711 443\r\n");
    wire.send(format!("GET /whoami HTTP/1.1\r\nHost: a\r\n{headers}\r\n"));
    let text = wire.response().text().to_owned();
    let ip = text
        .split_once("\"remote_ip\":\"")
        .and_then(|(_, rest)| rest.split_once('"'));
    ip.map_or(text.clone(), |(ip, _)| ip.to_owned())
}

/// The balancer has the address of a trusted proxy, and forwards headers of clients that have not.
#[test]
fn forwarding_headers_are_trusted_by_the_proxy_headers_address() {
    let forwarded = "X-Real-IP: 203.0.113.7\r\n";
    for (flags, headers, ip) in [
        (&[][..], "", "192.0.2.1"),
        (&[], forwarded, "192.0.2.1"),
        (&["--xheaders"], forwarded, "192.0.2.1"),
        (&["--trusted-proxy", "127.0.0.1"], forwarded, "192.0.2.1"),
        (
            &["--trusted-proxy", "192.0.2.0/24"],
            forwarded,
            "203.0.113.7",
        ),
        (&["--processes", "2"], "", "192.0.2.1"),
    ] {
        let flags = [&["--proxy-protocol", "127.0.0.0/8"], flags].concat();
        let site = Friendfeed::start(&flags);
        assert_eq!(remote_ip(&site, headers), ip, "{flags:?} {headers}");
        let logged = site.running.wait_line(" GET /whoami ");
        assert!(logged.contains(&format!("({ip})")), "{logged}");
    }
}

#[test]
fn invalid_network_ends_the_start() {
    for (text, said) in [
        ("10.0.0.1/8", "did you mean \"10.0.0.0/8\""),
        ("balancer", "proxy_protocol: expected an address"),
    ] {
        let output = command()
            .args(["--port", "0", "--proxy-protocol", text])
            .output();
        let output = output.expect("it can be run");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(said), "{error}");
    }
}
