//! Handshakes over HTTP/1.1, with a client that sends exact bytes.

use testkit::{Reply, Wire};

use crate::site::Site;

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

fn request(path: &str, headers: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: site.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\n{headers}\r\n"
    )
}

fn ask(site: &Site, request: &str) -> Reply {
    let mut wire = Wire::connect(site.address);
    wire.send(request);
    wire.response()
}

#[test]
fn an_accepted_handshake() {
    let site = Site::start();
    let mut wire = Wire::connect(site.address);
    // The first frame, a ping and a close frame come in the same segment as the request.
    let mut bytes = request("/echo", &format!("{KEY}Origin: http://site.example\r\n")).into_bytes();
    bytes.extend_from_slice(b"\x81\x85\0\0\0\0Hello\x89\x80\0\0\0\0\x88\x82\0\0\0\0\x03\xe8");
    wire.send(bytes);
    let reply = wire.response();
    assert_eq!(reply.status, 101);
    for (name, value) in [
        ("upgrade", Some("websocket")),
        ("connection", Some("upgrade")),
        ("sec-websocket-accept", Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")),
        ("sec-websocket-protocol", None),
        ("sec-websocket-extensions", None),
        ("content-length", None),
    ] {
        assert_eq!(reply.header(name), value, "{name}");
    }
    // The pong may be first: pings are answered at once.
    let rest = wire.read_all();
    assert!(
        rest.windows(7).any(|bytes| bytes == b"\x81\x05Hello"),
        "{rest:x?}"
    );
    assert!(rest.windows(2).any(|bytes| bytes == b"\x8a\0"), "{rest:x?}");
    assert!(rest.ends_with(b"\x88\x02\x03\xe8"), "{rest:x?}");
}

#[test]
fn negotiated_headers() {
    let site = Site::start();
    let deflate = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    for (path, header, name, value) in [
        (
            "/chat",
            "Sec-WebSocket-Protocol: other, chat\r\n",
            "sec-websocket-protocol",
            Some("chat"),
        ),
        (
            "/chat",
            "Sec-WebSocket-Protocol: other\r\n",
            "sec-websocket-protocol",
            None,
        ),
        (
            "/echo",
            "Sec-WebSocket-Protocol: chat\r\n",
            "sec-websocket-protocol",
            None,
        ),
        (
            "/deflate",
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
            "sec-websocket-extensions",
            Some(deflate),
        ),
        (
            "/takeover",
            "Sec-WebSocket-Extensions: permessage-deflate\r\n",
            "sec-websocket-extensions",
            Some("permessage-deflate"),
        ),
        (
            "/deflate",
            "Sec-WebSocket-Extensions: x\r\n",
            "sec-websocket-extensions",
            None,
        ),
        ("/deflate", "", "sec-websocket-extensions", None),
        (
            "/echo",
            "Sec-WebSocket-Extensions: permessage-deflate\r\n",
            "sec-websocket-extensions",
            None,
        ),
    ] {
        let reply = ask(&site, &request(path, &format!("{KEY}{header}")));
        assert_eq!(reply.status, 101, "{path} {header}");
        assert_eq!(reply.header(name), value, "{path} {header}");
    }
}

#[test]
fn refused_handshakes() {
    let site = Site::start();
    let good = request("/echo", KEY);
    for (request, status, header) in [
        (
            request("/echo", &format!("{KEY}Origin: http://evil.example\r\n")),
            403,
            None,
        ),
        (
            request("/echo", &format!("{KEY}Origin: null\r\n")),
            403,
            None,
        ),
        (request("/stop", KEY), 503, Some(("retry-after", "1"))),
        (request("/echo", ""), 400, None),
        (request("/echo", "Sec-WebSocket-Key: short\r\n"), 400, None),
        (request("/echo", &format!("{KEY}{KEY}")), 400, None),
        (
            good.replace("Version: 13", "Version: 12"),
            426,
            Some(("sec-websocket-version", "13")),
        ),
        (
            good.replace("Upgrade: websocket\r\n", ""),
            426,
            Some(("upgrade", "websocket")),
        ),
        (good.replace("Connection: Upgrade\r\n", ""), 400, None),
        (
            good.replace("Connection: Upgrade", "Connection: close"),
            400,
            None,
        ),
        (good.replace("GET", "POST"), 405, Some(("allow", "GET"))),
        (good.replace("HTTP/1.1", "HTTP/1.0"), 400, None),
        (
            request("/echo", &format!("{KEY}Content-Length: 2\r\n")) + "ab",
            400,
            None,
        ),
        (
            request("/echo", &format!("{KEY}Transfer-Encoding: chunked\r\n")) + "0\r\n\r\n",
            400,
            None,
        ),
    ] {
        let reply = ask(&site, &request);
        assert_eq!(reply.status, status, "{request}");
        if let Some((name, value)) = header {
            assert_eq!(reply.header(name), Some(value), "{request}");
        }
        assert!(reply.text().ends_with('\n'), "{request}");
    }
    // A connection that was refused an upgrade goes on.
    let mut wire = Wire::connect(site.address);
    wire.send(request("/echo", ""));
    assert_eq!(wire.response().status, 400);
    wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(wire.response().text(), "a page");
}

#[test]
fn a_large_message_arrives_whole_at_a_slow_reader() {
    let site = Site::start();
    let mut wire = Wire::connect(site.address);
    wire.send(request("/push", KEY));
    assert_eq!(wire.response().status, 101);
    wire.send(b"\x88\x80\0\0\0\0");
    let bytes = wire.read_all();
    assert_eq!(&bytes[..10], b"\x82\x7f\0\0\0\0\0\x30\0\0");
    assert!(bytes[10..10 + (3 << 20)].iter().all(|&byte| byte == 7));
    assert_eq!(bytes.len(), 10 + (3 << 20) + 4, "and the close frame");
}
