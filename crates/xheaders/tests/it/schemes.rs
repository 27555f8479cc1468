//! Schemes, from X-Forwarded-Proto and X-Scheme.

use http::Request;
use squall_xheaders::{Connection, Peer, Scheme, XHeaders};

use crate::case::{check, settings, tell, trust};

#[test]
fn schemes() {
    let cases = [
        ("127.0.0.1", "x-forwarded-proto: https", "127.0.0.1:9 https"),
        ("127.0.0.1", "x-scheme: https", "127.0.0.1:9 https"),
        ("127.0.0.1", "x-scheme: HTTPS", "127.0.0.1:9 https"),
        ("127.0.0.1", "x-scheme: wss", "127.0.0.1:9 https"),
        ("127.0.0.1", "x-scheme: ws", "127.0.0.1:9"),
        ("127.0.0.1", "x-scheme: \"https\"", "127.0.0.1:9 https"),
        (
            "127.0.0.1",
            "x-scheme: https\nx-forwarded-proto: https",
            "127.0.0.1:9 https",
        ),
        (
            "127.0.0.1",
            "x-scheme: https\nx-forwarded-proto: wss",
            "127.0.0.1:9 https",
        ),
        // The proxy's own value is the last.
        ("127.0.0.1", "x-forwarded-proto: https, http", "127.0.0.1:9"),
        (
            "127.0.0.1",
            "x-forwarded-proto: http,https",
            "127.0.0.1:9 https",
        ),
        (
            "127.0.0.1",
            "x-forwarded-proto: https\nx-forwarded-proto: http",
            "127.0.0.1:9",
        ),
        (
            "127.0.0.1",
            "x-scheme: https\nx-scheme: http",
            "127.0.0.1:9",
        ),
        (
            "127.0.0.1",
            "x-forwarded-proto: https, garbage",
            "127.0.0.1:9",
        ),
        ("127.0.0.1", "x-forwarded-proto: https,", "127.0.0.1:9"),
        // No schemes.
        ("127.0.0.1", "x-forwarded-proto:", "127.0.0.1:9"),
        ("127.0.0.1", "x-forwarded-proto: on", "127.0.0.1:9"),
        ("127.0.0.1", "x-forwarded-proto: https:", "127.0.0.1:9"),
        ("127.0.0.1", "x-forwarded-proto: javascript", "127.0.0.1:9"),
        (
            "127.0.0.1",
            "x-scheme: garbage\nx-forwarded-proto: https",
            "127.0.0.1:9 https",
        ),
        // With an address.
        (
            "127.0.0.1",
            "x-real-ip: 203.0.113.7\nx-scheme: https",
            "203.0.113.7 https",
        ),
        (
            "127.0.0.1",
            "x-forwarded-for: garbage\nx-scheme: https",
            "unknown https",
        ),
    ];
    check(&settings(), &cases);
}

#[test]
fn an_encrypted_connection_is_https_unless_a_trusted_proxy_sends_another_scheme() {
    let xheaders = XHeaders::new().trusted_proxies(trust(&["unix:"]));
    let direct = Connection::from(crate::case::socket_addr("192.0.2.1")).scheme(Scheme::Https);
    let proxied = Connection::from(Peer::Unix).scheme(Scheme::Https);
    for (connection, scheme, wanted) in [
        (direct, None, "192.0.2.1:9 https"),
        (direct, Some("http"), "192.0.2.1:9 https"),
        (proxied, None, "- https"),
        (proxied, Some("http"), "-"),
        (proxied, Some("https"), "- https"),
    ] {
        let mut request = Request::builder();
        if let Some(scheme) = scheme {
            request = request.header("x-scheme", scheme);
        }
        let request = request.body(()).unwrap();
        let client = xheaders.client(Some(connection), &request).unwrap();
        assert_eq!(tell(&client), wanted, "{connection:?} {scheme:?}");
    }
}
