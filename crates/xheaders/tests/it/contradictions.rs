//! Headers that contradict each other.

use squall_xheaders::{ClientSource, Contradictions, Header, XHeaders};

use crate::case::{check, connection, request, settings, tell};

#[test]
fn addresses() {
    let unknown = settings().headers([Header::XForwardedFor, Header::XRealIp, Header::Forwarded]);
    let refuse = unknown.clone().contradictions(Contradictions::Refuse);
    let ignore = refuse.clone().contradictions(Contradictions::Ignore);
    for (lines, refused, ignored) in [
        (
            "x-forwarded-for: 203.0.113.7\nx-real-ip: 203.0.113.7",
            "203.0.113.7",
            "203.0.113.7",
        ),
        (
            "x-forwarded-for: 6.6.6.6, 203.0.113.7\nx-real-ip: 203.0.113.7",
            "203.0.113.7",
            "203.0.113.7",
        ),
        (
            "x-forwarded-for: ::ffff:203.0.113.7\nx-real-ip: 203.0.113.7",
            "203.0.113.7",
            "203.0.113.7",
        ),
        (
            "x-forwarded-for: 203.0.113.7:80\nx-real-ip: 203.0.113.7:81",
            "203.0.113.7:80",
            "203.0.113.7:80",
        ),
        (
            "x-forwarded-for: 6.6.6.6\nx-real-ip: 203.0.113.7",
            "400",
            "6.6.6.6",
        ),
        (
            "x-real-ip: 203.0.113.7\nx-forwarded-for: 6.6.6.6",
            "400",
            "6.6.6.6",
        ),
        (
            "x-forwarded-for: 203.0.113.7, 6.6.6.6\nx-real-ip: 203.0.113.7",
            "400",
            "6.6.6.6",
        ),
        (
            "x-forwarded-for: 6.6.6.6, 10.0.0.1\nx-real-ip: 203.0.113.7",
            "400",
            "6.6.6.6",
        ),
        (
            "x-forwarded-for: 203.0.113.7\nforwarded: for=6.6.6.6",
            "400",
            "203.0.113.7",
        ),
        (
            "x-real-ip: 203.0.113.7\nforwarded: for=6.6.6.6",
            "400",
            "203.0.113.7",
        ),
        (
            "x-forwarded-for: 203.0.113.7\nforwarded: for=203.0.113.7\nx-real-ip: 6.6.6.6",
            "400",
            "203.0.113.7",
        ),
        // The last hop before the peer is a proxy, and another header has the client behind it.
        (
            "x-forwarded-for: 203.0.113.7, 10.0.0.1\nx-real-ip: 10.0.0.1",
            "203.0.113.7",
            "203.0.113.7",
        ),
        (
            "x-forwarded-for: 203.0.113.7\nx-real-ip: 10.0.0.1",
            "203.0.113.7",
            "203.0.113.7",
        ),
        (
            "x-forwarded-for: 10.0.0.1\nx-real-ip: 203.0.113.7",
            "203.0.113.7",
            "203.0.113.7",
        ),
        (
            "x-forwarded-for: 10.0.0.1\nx-real-ip: 10.0.0.2",
            "10.0.0.1",
            "10.0.0.1",
        ),
        (
            "x-forwarded-for: 10.0.0.1\nx-real-ip: 203.0.113.7\nforwarded: for=10.0.0.2",
            "203.0.113.7",
            "203.0.113.7",
        ),
        (
            "x-forwarded-for: 6.6.6.6, garbage, 10.0.0.1\nx-real-ip: 203.0.113.7",
            "203.0.113.7",
            "203.0.113.7",
        ),
    ] {
        let served = if refused == "400" { "unknown" } else { refused };
        check(&unknown, &[("127.0.0.1", lines, served)]);
        check(&refuse, &[("127.0.0.1", lines, refused)]);
        check(&ignore, &[("127.0.0.1", lines, ignored)]);
    }
}

#[test]
fn schemes_hosts_and_ports() {
    let refuse = schemes_and_hosts().contradictions(Contradictions::Refuse);
    let ignore = refuse.clone().contradictions(Contradictions::Ignore);
    for (lines, refused, ignored) in [
        (
            "x-scheme: http\nx-forwarded-proto: https",
            "400",
            "127.0.0.1:9",
        ),
        (
            "x-scheme: https\nx-forwarded-proto: http",
            "400",
            "127.0.0.1:9 https",
        ),
        (
            "x-scheme: https\nx-forwarded-proto: https, http",
            "400",
            "127.0.0.1:9 https",
        ),
        (
            "x-scheme: http\nforwarded: proto=https",
            "400",
            "127.0.0.1:9",
        ),
        (
            "x-forwarded-host: a\nforwarded: host=b",
            "400",
            "127.0.0.1:9 @a",
        ),
        (
            "x-forwarded-host: a\nforwarded: host=\"a:81\"",
            "400",
            "127.0.0.1:9 @a",
        ),
        (
            "x-forwarded-host: a:81\nx-forwarded-port: 82",
            "400",
            "127.0.0.1:9 @a:81",
        ),
        (
            "x-scheme: garbage\nx-forwarded-proto: https",
            "127.0.0.1:9 https",
            "127.0.0.1:9 https",
        ),
        // Not a contradiction: `Host` is the name under which the proxy reached this server.
        (
            "host: a\nx-forwarded-host: b",
            "127.0.0.1:9 @b",
            "127.0.0.1:9 @b",
        ),
        (
            "host: a:81\nx-forwarded-port: 82",
            "127.0.0.1:9 @a:82",
            "127.0.0.1:9 @a:82",
        ),
    ] {
        check(&refuse, &[("127.0.0.1", lines, refused)]);
        check(&ignore, &[("127.0.0.1", lines, ignored)]);
    }
}

fn schemes_and_hosts() -> XHeaders {
    settings().headers([
        Header::XScheme,
        Header::XForwardedProto,
        Header::XForwardedHost,
        Header::XForwardedPort,
        Header::Forwarded,
    ])
}

#[test]
fn only_the_contradicted_value_is_unknown() {
    for (lines, served) in [
        (
            "host: a\nx-scheme: http\nx-forwarded-proto: https",
            "203.0.113.7 https @a",
        ),
        (
            "host: a\nx-scheme: https\nx-forwarded-proto: http",
            "203.0.113.7 https @a",
        ),
        (
            "host: c\nx-forwarded-host: a\nforwarded: host=b",
            "203.0.113.7",
        ),
        (
            "host: c\nx-forwarded-host: a:81\nx-forwarded-port: 82",
            "203.0.113.7",
        ),
        (
            "host: c\nx-scheme: https\nx-real-ip: 6.6.6.6",
            "unknown https @c",
        ),
    ] {
        let lines = format!("x-forwarded-for: 203.0.113.7\n{lines}");
        let settings = settings().headers(ALL);
        let client = settings.client(connection("127.0.0.1"), &request(&lines));
        assert_eq!(tell(&client.unwrap()), served, "{lines}");
    }
}

const ALL: [Header; 7] = [
    Header::XForwardedFor,
    Header::XRealIp,
    Header::XScheme,
    Header::XForwardedProto,
    Header::XForwardedHost,
    Header::XForwardedPort,
    Header::Forwarded,
];

/// An allow-list may contain loopback, so the proxy must not be taken for its client.
#[test]
fn unknown_is_neither_the_proxy_nor_loopback() {
    for (peer, lines) in [
        (
            "127.0.0.1",
            "x-forwarded-for: 6.6.6.6\nx-real-ip: 203.0.113.7",
        ),
        ("127.0.0.1", "x-forwarded-for: 6.6.6.6, unknown"),
        ("127.0.0.1", "x-forwarded-for: 6.6.6.6, _hidden"),
        ("127.0.0.1", "x-forwarded-for: 6.6.6.6, garbage"),
        ("127.0.0.1", "x-forwarded-for: garbage, 127.0.0.1"),
        ("127.0.0.1", "x-forwarded-for:"),
        ("127.0.0.1", "x-real-ip: garbage"),
        ("::1", "x-real-ip: unix:"),
    ] {
        let client = settings()
            .client(connection(peer), &request(lines))
            .unwrap();
        assert_eq!(client.source(), ClientSource::Unknown, "{lines}");
        assert_eq!((client.addr(), client.ip()), (None, None), "{lines}");
        assert!(client.peer().is_some(), "{lines}");
    }
}

#[test]
fn headers_are_read_in_the_order_of_the_setting() {
    let lines = "x-real-ip: 1.1.1.1\nx-forwarded-for: 2.2.2.2\nforwarded: for=3.3.3.3";
    for (order, wanted) in [
        (
            [Header::XRealIp, Header::XForwardedFor, Header::Forwarded],
            "1.1.1.1",
        ),
        (
            [Header::XForwardedFor, Header::XRealIp, Header::Forwarded],
            "2.2.2.2",
        ),
        (
            [Header::Forwarded, Header::XForwardedFor, Header::XRealIp],
            "3.3.3.3",
        ),
    ] {
        let settings = XHeaders::new()
            .headers(order)
            .contradictions(Contradictions::Refuse);
        let error = settings.client(connection("127.0.0.1"), &request(lines));
        let error = error.unwrap_err();
        assert_eq!(error.headers(), [order[0], order[1]]);
        let text = format!("{} contradicts {}", order[1], order[0]);
        assert_eq!(error.to_string(), text);
        let settings = settings.contradictions(Contradictions::Ignore);
        check(&settings, &[("127.0.0.1", lines, wanted)]);
    }
}
