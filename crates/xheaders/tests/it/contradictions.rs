//! Headers that cannot all be true.

use squall_xheaders::{Contradictions, Header, XHeaders};

use crate::case::{check, connection, request, settings};

#[test]
fn addresses() {
    let refuse = settings().headers([Header::XForwardedFor, Header::XRealIp, Header::Forwarded]);
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
        // The last hop before the peer is a proxy, and another header knows who is behind it.
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
        check(&refuse, &[("127.0.0.1", lines, refused)]);
        check(&ignore, &[("127.0.0.1", lines, ignored)]);
    }
}

#[test]
fn schemes_hosts_and_ports() {
    let refuse = settings().headers([
        Header::XScheme,
        Header::XForwardedProto,
        Header::XForwardedHost,
        Header::XForwardedPort,
        Header::Forwarded,
    ]);
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
        // Not a contradiction: what the request itself says is what the proxy was asked by its own name.
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

#[test]
fn the_order_of_the_settings_is_the_order_of_precedence() {
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
        let settings = XHeaders::new().headers(order);
        let error = settings.client(connection("127.0.0.1"), &request(lines));
        let error = error.unwrap_err();
        assert_eq!(error.headers(), [order[0], order[1]]);
        let text = format!("{} contradicts {}", order[1], order[0]);
        assert_eq!(error.to_string(), text);
        let settings = settings.contradictions(Contradictions::Ignore);
        check(&settings, &[("127.0.0.1", lines, wanted)]);
    }
}
