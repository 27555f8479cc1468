//! Tables of handshakes: accepted ones, faults with their statuses, origins, subprotocols.

use std::sync::Arc;

use http::Request;

use super::*;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// The handshake of RFC 6455, section 1.2, with changes: a header without a value is removed.
fn parts(changes: &[(&str, Option<&str>)]) -> Parts {
    let mut request = Request::get("/chat")
        .header("host", "server.example.com")
        .header("upgrade", "websocket")
        .header("connection", "Upgrade")
        .header("sec-websocket-key", KEY)
        .header("sec-websocket-version", "13")
        .body(())
        .unwrap();
    for (name, value) in changes {
        let name: HeaderName = name.parse().unwrap();
        request.headers_mut().remove(&name);
        if let Some(value) = value {
            // Lines are separated here as they are in HTTP.
            for line in value.split("\r\n") {
                request.headers_mut().append(&name, line.parse().unwrap());
            }
        }
    }
    request.into_parts().0
}

#[test]
fn the_handshake_of_the_rfc() {
    let handshake = Handshake::check(&parts(&[]), None);
    let accept = HeaderValue::from_static("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(handshake, Ok(Handshake::Http1 { accept }));
}

#[test]
fn headers_that_are_accepted() {
    for (name, value) in [
        ("upgrade", "WebSocket"),
        ("upgrade", "h2c, websocket"),
        ("upgrade", "h2c\r\nwebsocket"),
        ("connection", "keep-alive, Upgrade"),
        ("connection", "keep-alive\r\nupgrade"),
        ("content-length", "0"),
    ] {
        let found = Handshake::check(&parts(&[(name, Some(value))]), None);
        assert!(found.is_ok(), "{name}: {value:?}");
    }
}

#[test]
fn faults_over_http1() {
    use HandshakeFault::{Body, Connection, Key, Upgrade, Version as WrongVersion};
    for (name, value, fault, status) in [
        ("upgrade", None, Upgrade, 426),
        ("upgrade", Some("h2c"), Upgrade, 426),
        ("upgrade", Some("websockets"), Upgrade, 426),
        ("connection", None, Connection, 400),
        ("connection", Some("keep-alive"), Connection, 400),
        ("sec-websocket-version", None, WrongVersion, 426),
        ("sec-websocket-version", Some("8"), WrongVersion, 426),
        ("sec-websocket-version", Some("013"), WrongVersion, 426),
        ("sec-websocket-version", Some("13, 8"), WrongVersion, 426),
        ("sec-websocket-version", Some("13\r\n13"), WrongVersion, 426),
        ("sec-websocket-key", None, Key, 400),
        ("sec-websocket-key", Some(""), Key, 400),
        (
            "sec-websocket-key",
            Some("dGhlIHNhbXBsZSBub25jZQ"),
            Key,
            400,
        ),
        ("sec-websocket-key", Some("dGhlIHNhbXBsZSBub25j"), Key, 400),
        (
            "sec-websocket-key",
            Some("AAAAdGhlIHNhbXBsZSBub25jZQ=="),
            Key,
            400,
        ),
        (
            "sec-websocket-key",
            Some("dGhlIHNhbXBsZSBub25jZQ==\r\ndGhlIHNhbXBsZSBub25jZQ=="),
            Key,
            400,
        ),
        (
            "sec-websocket-key",
            Some("dGhlIHNhbXBsZSBub25j_Q=="),
            Key,
            400,
        ),
        ("content-length", Some("1"), Body, 400),
        ("content-length", Some("0\r\n5"), Body, 400),
        ("transfer-encoding", Some("chunked"), Body, 400),
    ] {
        let found = Handshake::check(&parts(&[(name, value)]), None);
        assert_eq!(found, Err(fault), "{name}: {value:?}");
        assert_eq!(HandshakeError::new(fault).status(), status);
    }
    for method in [Method::POST, Method::HEAD, Method::CONNECT, Method::OPTIONS] {
        let mut parts = parts(&[]);
        parts.method = method;
        assert_eq!(Handshake::check(&parts, None), Err(HandshakeFault::Method));
    }
    for version in [Version::HTTP_09, Version::HTTP_10, Version::HTTP_3] {
        let mut parts = parts(&[]);
        parts.version = version;
        assert_eq!(
            Handshake::check(&parts, None),
            Err(HandshakeFault::HttpVersion)
        );
    }
}

#[test]
fn http2() {
    use HandshakeFault::{Method as WrongMethod, Protocol, Version as WrongVersion};
    for (method, protocol, version, wanted) in [
        (
            Method::CONNECT,
            Some("websocket"),
            "13",
            Ok(Handshake::Http2),
        ),
        (Method::CONNECT, None, "13", Err(Protocol)),
        (Method::CONNECT, Some("connect-udp"), "13", Err(Protocol)),
        (Method::CONNECT, Some("websocket"), "8", Err(WrongVersion)),
        (Method::GET, None, "13", Err(WrongMethod)),
        (Method::GET, Some("websocket"), "13", Err(WrongMethod)),
    ] {
        let request = Request::builder().method(&method).version(Version::HTTP_2);
        let request = request
            .uri("https://a.example/chat")
            .header("sec-websocket-version", version);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(
            Handshake::check(&parts, protocol),
            wanted,
            "{method} {protocol:?} {version}"
        );
    }
}

#[test]
fn responses_name_the_way_out() {
    for (fault, name, value) in [
        (HandshakeFault::Method, "allow", "GET"),
        (HandshakeFault::Upgrade, "upgrade", "websocket"),
        (HandshakeFault::Version, "upgrade", "websocket"),
        (HandshakeFault::Version, "sec-websocket-version", "13"),
        (HandshakeFault::ShuttingDown, "retry-after", "1"),
    ] {
        let response = HandshakeError::new(fault).into_response::<String>();
        assert_eq!(response.headers()[name], value);
        assert!(response.extensions().get::<HandshakeError>().is_some());
    }
}

#[test]
fn origins() {
    let own = |origin: &'static str| OriginRule {
        own: Some(Arc::new(move |_: &Parts| Some(origin.to_owned()))),
        ..OriginRule::default()
    };
    let listed = OriginRule {
        allowed: vec!["https://other.example".to_owned()],
        ..OriginRule::default()
    };
    let function = OriginRule {
        check: Some(Arc::new(|origin: &str, parts: &Parts| {
            origin.ends_with(".example") && parts.uri.path() == "/chat"
        })),
        ..OriginRule::default()
    };
    let default = OriginRule::default();
    for (rule, origin, host, is_allowed) in [
        (&default, None, "a.example", true),
        (&default, Some("http://a.example"), "a.example", true),
        (&default, Some("https://a.example"), "a.example", true),
        (&default, Some("http://a.example"), "A.example:80", true),
        (&default, Some("https://a.example"), "a.example:443", true),
        (
            &default,
            Some("http://a.example:8888"),
            "a.example:8888",
            true,
        ),
        (&default, Some("http://[::1]:8888"), "[::1]:8888", true),
        (&default, Some("http://a.example"), "a.example:8888", false),
        (&default, Some("http://a.example:8888"), "a.example", false),
        (&default, Some("https://a.example"), "a.example:80", false),
        (&default, Some("http://b.example"), "a.example", false),
        (&default, Some("http://a.example.evil"), "a.example", false),
        (&default, Some("http://evil.a.example"), "a.example", false),
        (&default, Some("http://a.example@evil"), "a.example", false),
        (&default, Some("http://a.example/"), "a.example", false),
        (&default, Some("null"), "null", false),
        (&default, Some(""), "", false),
        (&default, Some("file://"), "a.example", false),
        (&default, Some("ftp://a.example"), "a.example", false),
        (
            &default,
            Some("http://a.example\r\nhttp://a.example"),
            "a.example",
            false,
        ),
        (
            &default,
            Some("http://a.example"),
            "a.example\r\na.example",
            false,
        ),
        (
            &default,
            Some("http://a.example http://b.example"),
            "a.example",
            false,
        ),
        // The site behind a proxy.
        (
            &own("https://a.example"),
            Some("https://a.example"),
            "backend:8000",
            true,
        ),
        (
            &own("https://a.example"),
            Some("https://a.example:443"),
            "backend",
            true,
        ),
        (
            &own("https://a.example:443"),
            Some("https://a.example"),
            "backend",
            true,
        ),
        (
            &own("https://a.example"),
            Some("http://a.example"),
            "backend",
            false,
        ),
        (
            &own("https://a.example"),
            Some("http://backend"),
            "backend",
            false,
        ),
        (
            &own("a.example"),
            Some("http://a.example"),
            "a.example",
            false,
        ),
        (&listed, Some("https://other.example"), "a.example", true),
        (&listed, Some("https://a.example"), "a.example", true),
        (&listed, Some("http://other.example"), "a.example", false),
        (
            &listed,
            Some("https://other.example:8443"),
            "a.example",
            false,
        ),
        (&function, Some("https://any.example"), "a.test", true),
        (&function, Some("https://a.test"), "a.test", false),
        (&function, None, "a.test", true),
    ] {
        let parts = parts(&[("origin", origin), ("host", Some(host))]);
        assert_eq!(rule.allows(&parts), is_allowed, "{origin:?} at {host:?}");
    }
    // HTTP/2 has no Host, but an authority.
    for (origin, is_allowed) in [("https://a.example", true), ("https://b.example", false)] {
        let mut parts = parts(&[("origin", Some(origin)), ("host", Some("b.example"))]);
        parts.uri = "https://a.example/chat".parse().unwrap();
        assert_eq!(default.allows(&parts), is_allowed, "{origin}");
    }
}

#[test]
fn origins_that_can_be_allowed() {
    for (origin, is) in [
        ("https://example.com", true),
        ("http://localhost:8888", true),
        ("http://[::1]:8888", true),
        ("https://example.com:80", true),
        ("", false),
        ("*", false),
        ("null", false),
        ("example.com", false),
        ("https://example.com/", false),
        ("https://example.com:443", false),
        ("https://example.com:", false),
        ("https://Example.com", false),
        ("HTTPS://example.com", false),
        ("wss://example.com", false),
    ] {
        assert_eq!(origin::check_allowed(origin).is_ok(), is, "{origin}");
    }
}

#[test]
fn subprotocols() {
    let ours = [
        HeaderValue::from_static("chat.v2"),
        HeaderValue::from_static("chat"),
    ];
    for (offered, wanted) in [
        (None, None),
        (Some("chat"), Some("chat")),
        (Some("chat, chat.v2"), Some("chat")),
        (Some("other ,chat.v2,chat"), Some("chat.v2")),
        (Some("other\r\nchat"), Some("chat")),
        (Some("Chat"), None),
        (Some("chatty"), None),
        (Some(""), None),
        (Some(", ,"), None),
    ] {
        let parts = parts(&[("sec-websocket-protocol", offered)]);
        let found = select_protocol(&parts.headers, &ours);
        assert_eq!(
            found.as_ref().map(|value| value.to_str().unwrap()),
            wanted,
            "{offered:?}"
        );
    }
}
