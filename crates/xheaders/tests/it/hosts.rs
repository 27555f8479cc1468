//! Hosts and ports, from `Host` or the target, and from forwarding headers.

use http::Request;
use squall_xheaders::{Header, Host, XHeaders};

use crate::case::{check, connection, request, settings};

#[test]
fn a_request_names_its_host() {
    let cases = [
        ("192.0.2.1", "host: example.com", "192.0.2.1:9 @example.com"),
        (
            "192.0.2.1",
            "host: example.com:8888",
            "192.0.2.1:9 @example.com:8888",
        ),
        ("192.0.2.1", "host: [::1]:8888", "192.0.2.1:9 @[::1]:8888"),
        ("192.0.2.1", "host:", "192.0.2.1:9"),
        ("192.0.2.1", "host: a/b", "192.0.2.1:9"),
        ("192.0.2.1", "host: a:65536", "192.0.2.1:9"),
        ("192.0.2.1", "host: user@a", "192.0.2.1:9"),
        ("192.0.2.1", "host: a\nhost: b", "192.0.2.1:9"),
        ("192.0.2.1", "host: a, b", "192.0.2.1:9"),
    ];
    check(&settings(), &cases);
}

#[test]
fn a_target_with_an_authority_names_it_before_host() {
    for (target, wanted) in [
        ("http://a:81/", Some("a:81")),
        ("http://user@a/", None),
        ("/", Some("b")),
    ] {
        let request = Request::builder().uri(target).header("host", "b");
        let client = XHeaders::new().client(None, &request.body(()).unwrap());
        let client = client.unwrap();
        let host = client.host().map(Host::as_str);
        assert_eq!(host, wanted, "{target}");
    }
}

#[test]
fn hosts_and_ports_of_forwarding_headers() {
    let settings = settings().headers([
        Header::Forwarded,
        Header::XForwardedHost,
        Header::XForwardedPort,
    ]);
    let cases = [
        (
            "192.0.2.1",
            "host: a\nx-forwarded-host: b",
            "192.0.2.1:9 @a",
        ),
        (
            "192.0.2.1",
            "host: a\nx-forwarded-port: 81",
            "192.0.2.1:9 @a",
        ),
        (
            "127.0.0.1",
            "host: a\nx-forwarded-host: b",
            "127.0.0.1:9 @b",
        ),
        (
            "127.0.0.1",
            "x-forwarded-host: b:8443",
            "127.0.0.1:9 @b:8443",
        ),
        ("127.0.0.1", "x-forwarded-host: evil, b", "127.0.0.1:9 @b"),
        (
            "127.0.0.1",
            "x-forwarded-host: evil\nx-forwarded-host: b",
            "127.0.0.1:9 @b",
        ),
        (
            "127.0.0.1",
            "host: a\nx-forwarded-host: evil, <b>",
            "127.0.0.1:9 @a",
        ),
        (
            "127.0.0.1",
            "host: a\nx-forwarded-host: b/c",
            "127.0.0.1:9 @a",
        ),
        (
            "127.0.0.1",
            "host: a\nx-forwarded-host: http://b",
            "127.0.0.1:9 @a",
        ),
        (
            "127.0.0.1",
            "host: a\nx-forwarded-host: b:65536",
            "127.0.0.1:9 @a",
        ),
        (
            "127.0.0.1",
            "host: a\nx-forwarded-host: user@b",
            "127.0.0.1:9 @a",
        ),
        ("127.0.0.1", "host: a\nx-forwarded-host:", "127.0.0.1:9 @a"),
        // The port is joined to the forwarded host, or else to that of the request.
        (
            "127.0.0.1",
            "x-forwarded-host: b\nx-forwarded-port: 8443",
            "127.0.0.1:9 @b:8443",
        ),
        (
            "127.0.0.1",
            "x-forwarded-host: b:8443\nx-forwarded-port: 8443",
            "127.0.0.1:9 @b:8443",
        ),
        (
            "127.0.0.1",
            "x-forwarded-host: [::1]\nx-forwarded-port: 8443",
            "127.0.0.1:9 @[::1]:8443",
        ),
        (
            "127.0.0.1",
            "host: a:8000\nx-forwarded-port: 443",
            "127.0.0.1:9 @a:443",
        ),
        ("127.0.0.1", "x-forwarded-port: 443", "127.0.0.1:9"),
        (
            "127.0.0.1",
            "host: a\nx-forwarded-port: 81, 82",
            "127.0.0.1:9 @a:82",
        ),
        (
            "127.0.0.1",
            "host: a\nx-forwarded-port: 0",
            "127.0.0.1:9 @a",
        ),
        (
            "127.0.0.1",
            "host: a\nx-forwarded-port: 65536",
            "127.0.0.1:9 @a",
        ),
        (
            "127.0.0.1",
            "host: a\nx-forwarded-port: +81",
            "127.0.0.1:9 @a",
        ),
        (
            "127.0.0.1",
            "host: a\nx-forwarded-port: 99999999999999999999",
            "127.0.0.1:9 @a",
        ),
        (
            "127.0.0.1",
            "host: a\nforwarded: for=203.0.113.7;host=\"b:81\"",
            "203.0.113.7 @b:81",
        ),
        (
            "127.0.0.1",
            "forwarded: host=b\nx-forwarded-host: B",
            "127.0.0.1:9 @b",
        ),
    ];
    check(&settings, &cases);
}

#[test]
fn origins() {
    for (scheme, host, wanted) in [
        ("http", "example.com", "http://example.com"),
        ("http", "example.com:80", "http://example.com"),
        ("http", "example.com:443", "http://example.com:443"),
        ("https", "example.com:443", "https://example.com"),
        ("https", "example.com:80", "https://example.com:80"),
        ("https", "[::1]:8443", "https://[::1]:8443"),
        ("wss", "example.com:", "https://example.com"),
    ] {
        let request = request(&format!("host: {host}\nx-scheme: {scheme}"));
        let client = XHeaders::nginx().client(connection("127.0.0.1"), &request);
        assert_eq!(client.unwrap().origin().unwrap(), wanted);
    }
    let client = XHeaders::new().client(None, &request(""));
    assert_eq!(client.unwrap().origin(), None);
}
