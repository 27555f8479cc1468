//! Where one request ends and the next begins: RFC 9112 against those who would blur it.

use squall_server::Limits;

use crate::harness::{TestServer, get};

/// Follows every payload: who answers it has taken a part of the first request for a second one,
/// or has gone on after a fault.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// The head of a request with a chunked body.
const CHUNKED: &str = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Sends `payload` with a whole request behind it; there must be one answer, with one of these
/// `statuses`, and then the end.
#[track_caller]
fn assert_refused(server: &TestServer, payload: &[u8], statuses: &[u16]) {
    let shown = payload.escape_ascii();
    let mut wire = server.wire();
    wire.send([payload, SMUGGLED.as_bytes()].concat());
    let all = wire.read_all();
    let text = String::from_utf8_lossy(&all);
    let answers = text.matches("HTTP/1.1 ").count();
    let status = text.get(9..12).and_then(|status| status.parse().ok());
    assert!(
        answers == 1 && status.is_some_and(|status| statuses.contains(&status)),
        "{shown}: {text:?}"
    );
    let seen = server.app.seen.lock().unwrap();
    assert!(!seen.iter().any(|path| path == "/smuggled"), "{shown}");
}

#[test]
fn faults_of_the_request_line() {
    let server = TestServer::new(Limits::default());
    for (line, status) in [
        ("GET", 400),
        ("GET /", 400),
        ("GET / ", 400),
        ("GET  / HTTP/1.1", 400),
        ("GET / HTTP/1.1 x", 400),
        ("GET / HTTP/1.2", 400),
        ("GET / HTTP/2.0", 400),
        ("GET / HTTP/0.9", 400),
        ("GET / HTTP/1.10", 400),
        ("GET / HTTP/1,1", 400),
        ("GET / http/1.1", 400),
        ("GET / HTP/1.1", 400),
        ("GET\t/\tHTTP/1.1", 400),
        (" GET / HTTP/1.1", 400),
        ("G\0T / HTTP/1.1", 400),
        ("G:T / HTTP/1.1", 400),
        ("GET\u{a0}/ HTTP/1.1", 400),
        ("(GET) / HTTP/1.1", 400),
        ("\u{16}\u{3}\u{1} / HTTP/1.1", 400),
        ("GET a HTTP/1.1", 400),
        ("GET /a b HTTP/1.1", 400),
        ("GET /\0 HTTP/1.1", 400),
        ("GET /\u{7f} HTTP/1.1", 400),
        ("GET * HTTP/1.1", 400),
        ("GET a:80 HTTP/1.1", 400),
        ("GET ftp://a/ HTTP/1.1", 400),
        ("GET http:// HTTP/1.1", 400),
        ("GET http://user@a/ HTTP/1.1", 400),
        ("GET http://user:password@a/ HTTP/1.1", 400),
        ("GET http://a:b/ HTTP/1.1", 400),
        ("GET http:/a HTTP/1.1", 400),
        ("PRI * HTTP/2.0", 400),
        ("CONNECT a:80 HTTP/1.1", 501),
        ("CONNECT / HTTP/1.1", 501),
        ("CONNECT * HTTP/1.1", 501),
    ] {
        let payload = format!("{line}\r\nHost: a\r\n\r\n");
        assert_refused(&server, payload.as_bytes(), &[status]);
    }
}

#[test]
fn faults_of_header_lines() {
    let server = TestServer::new(Limits::default());
    for line in [
        &b"Host: b"[..],
        b"host:a",
        b"A : b",
        b"A\t: b",
        b" A: b",
        b"\tA: b",
        b": b",
        b"A",
        b"A b",
        b"A\0: b",
        b"A: b\0c",
        b"A: b\rc",
        b"A: b\r",
        b"A: b\r\rC: d",
        b"A: b\r\n c",
        b"A: b\r\n\tc",
        b"A: b\x01c",
        b"A: b\x7fc",
        b"A(: b",
        b"\xa0A: b",
        b"\xef\xbb\xbfA: b",
    ] {
        let payload = [b"GET / HTTP/1.1\r\nHost: a\r\n", line, b"\r\n\r\n"].concat();
        assert_refused(&server, &payload, &[400]);
    }
    for host in [
        "",
        "Host: user@a\r\n",
        "Host: user:password@a\r\n",
        "Host: a b\r\n",
        "Host: a/b\r\n",
        "Host: a, b\r\n",
        "Host: a:b\r\n",
        "Host: a:80:90\r\n",
        "Host: http://a\r\n",
        "Host: [::1\r\n",
        "Host: a#b\r\n",
        "Host: a\\b\r\n",
        "Host:\u{b}a\r\n",
        "Host : a\r\n",
        "Host: a\r\nHost: a\r\n",
        "Host: a\r\nX: y\r\nhOST: b\r\n",
    ] {
        let payload = format!("GET / HTTP/1.1\r\n{host}\r\n");
        assert_refused(&server, payload.as_bytes(), &[400]);
    }
}

#[test]
fn faults_of_the_length() {
    let server = TestServer::new(Limits::default());
    let head = |lines: &[u8]| {
        let start = b"POST /echo HTTP/1.1\r\nHost: a\r\n";
        [start, lines, b"\r\n\r\n"].concat()
    };
    for lines in [
        "Content-Length:",
        "Content-Length: ",
        "Content-Length: -1",
        "Content-Length: +5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 5,5",
        "Content-Length: 5, 5",
        "Content-Length: 5;",
        "Content-Length: 5.0",
        "Content-Length: 1_0",
        "Content-Length: 1e1",
        "Content-Length: \"5\"",
        "Content-Length: ,5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nContent-Length:",
        "Content-Length: 5\r\nContent-Length: x",
        "Content-Length: 18446744073709551615",
        "Content-Length: 18446744073709551616",
        "Content-Length: 18446744073709551621",
        "Content-Length: 99999999999999999999999999",
        "Content-Length : 5",
        "Content-Length\u{b}: 5",
        "Content-Length: 5\u{b}",
    ] {
        assert_refused(&server, &head(lines.as_bytes()), &[400, 431]);
    }
    for lines in [&b"Content-Length: \xa05"[..], b"Content-Length: \xd9\xa5"] {
        assert_refused(&server, &head(lines), &[400]);
    }
}

/// The body is one that plain `chunked` would accept.
#[test]
fn faults_of_the_transfer_coding() {
    let server = TestServer::new(Limits::default());
    for lines in [
        &b"Transfer-Encoding: identity"[..],
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: gzip",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: identity, chunked",
        b"Transfer-Encoding: x chunked",
        b"Transfer-Encoding: chunkedchunked",
        b"Transfer-Encoding: \"chunked\"",
        b"Transfer-Encoding: chunked;q=1",
        b"Transfer-Encoding: chunked\x0b",
        b"Transfer-Encoding:",
        b"Transfer-Encoding: ,chunked",
        b"Transfer-Encoding: chunked,",
        b"Transfer-Encoding : chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding:",
        b"Transfer-Encoding: \xa0chunked",
        b"Transfer-Encoding: chunked\xa0",
    ] {
        let start = b"POST /echo HTTP/1.1\r\nHost: a\r\n";
        let payload = [start, lines, b"\r\n\r\n0\r\n\r\n"].concat();
        assert_refused(&server, &payload, &[400, 501]);
    }
    let old = "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_refused(&server, old.as_bytes(), &[400]);
}

#[test]
fn faults_of_chunks() {
    let server = TestServer::new(Limits::default());
    for body in [
        "\r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "0_5\r\nhello\r\n0\r\n\r\n",
        "0_2e\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "+1_0\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5 5\r\nhello\r\n0\r\n\r\n",
        "g\r\nhello\r\n0\r\n\r\n",
        ";a\r\nhello\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
        "5\r\rhello\r\n0\r\n\r\n",
        "5;a\nhello\r\n0\r\n\r\n",
        "5;a\rb\r\nhello\r\n0\r\n\r\n",
        "5\0\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhelloXX0\r\n\r\n",
        "5\r\nhell\r\n0\r\n\r\n",
        "5\r\nhello!\r\n0\r\n\r\n",
        "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\n\r\n",
        "5\r\nhello\r\n0\r\nX\r\n\r\n",
        "5\r\nhello\r\n0\r\nX : y\r\n\r\n",
        "5\r\nhello\r\n0\r\nX: y\0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        "5\t\r\nhello\r\n0\r\n\r\n",
        "5;\r\nhello\r\n0\r\n\r\n",
        "5;a \r\nhello\r\n0\r\n\r\n",
        "5;a\0\r\nhello\r\n0\r\n\r\n",
        "5;a\u{7f}\r\nhello\r\n0\r\n\r\n",
        "5;a=\0\r\nhello\r\n0\r\n\r\n",
        "5;a=\"b\r\nhello\r\n0\r\n\r\n",
        "5;a=\"b\\\"\r\nhello\r\n0\r\n\r\n",
        "5;a=\"b\0\"\r\nhello\r\n0\r\n\r\n",
        "5;a=b c\r\nhello\r\n0\r\n\r\n",
        "00000000000000005\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r0\r\n\r\n",
        "5\r\nhello\r\n\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\n\n",
        "5\r\nhello\r\n0\r\n\r",
        "5\r\nhello\r\n0\r\n X: y\r\n\r\n",
        "5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n",
        "5\r\nhello\r\n0\r\nX: y\r\n\tz\r\n\r\n",
        "5\r\nhello\r\n0\r\nX: y\rz\r\n\r\n",
        "5\r\nhello\r\n0\r\n: y\r\n\r\n",
        "5\r\nhello\r\n0\r\nX: y\u{7f}\r\n\r\n",
        // The end is missing: what follows is no trailer.
        "5\r\nhello\r\n0\r\n",
    ] {
        assert_refused(&server, format!("{CHUNKED}{body}").as_bytes(), &[400, 413]);
    }
}

#[test]
fn oversized_parts_of_chunked_framing_are_refused() {
    let server = TestServer::new(Limits::default());
    let long = "x".repeat(70 * 1024);
    for body in [
        format!("5;{long}\r\nhello\r\n0\r\n\r\n"),
        format!("5;a=\"{long}\"\r\nhello\r\n0\r\n\r\n"),
        format!("{}0\r\n\r\n", "1;abcdefgh\r\nx\r\n".repeat(4096)),
        format!("5\r\nhello\r\n0\r\nX: {long}\r\n\r\n"),
        format!("5\r\nhello\r\n0\r\n{}\r\n", "X: y\r\n".repeat(101)),
        format!("{}5\r\nhello\r\n0\r\n\r\n", "0".repeat(70 * 1024)),
    ] {
        assert_refused(&server, format!("{CHUNKED}{body}").as_bytes(), &[400]);
    }
}

/// hyper alone would take what follows a bare LF for a trailer, up to the next empty line, and
/// answer the request behind that: a response to another request than the one that is next.
#[test]
fn bare_line_feed_in_trailers_swallows_no_request() {
    let server = TestServer::new(Limits::default());
    for trailers in [
        "\n",
        "A: b\n\r\n",
        "A: b\n\n",
        "A: b\r\n\n",
        "\n\r\n",
        "A\n\r\n",
    ] {
        for body in ["", "2\r\nab\r\n"] {
            let payload = format!("{CHUNKED}{body}0\r\n{trailers}{}", get("/users/1"));
            assert_refused(&server, payload.as_bytes(), &[400]);
        }
    }
    let seen = server.app.seen.lock().unwrap();
    assert!(seen.iter().all(|path| path == "/echo"), "{seen:?}");
}

/// A response that does not depend on the body goes out before the fault is read; it is the last.
#[test]
fn fault_in_an_unread_body_ends_the_connection() {
    let server = TestServer::new(Limits::default());
    for body in [
        "0\r\n\n",
        "2\r\nab\r\n0\r\nA: b\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
    ] {
        let head = CHUNKED.replace("/echo", "/hello");
        let mut wire = server.wire();
        wire.send(format!("{head}{body}{}{SMUGGLED}", get("/users/1")));
        let all = wire.read_all();
        let text = String::from_utf8_lossy(&all);
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{body:?}: {text:?}");
    }
    let seen = server.app.seen.lock().unwrap();
    assert!(seen.iter().all(|path| path == "/hello"), "{seen:?}");
}

/// RFC 9112, 2.2, allows to take a bare LF for the end of a line. A proxy that does not passes on
/// as one field what is two here.
#[test]
fn bare_line_feeds_in_heads_are_refused() {
    let server = TestServer::new(Limits::default());
    for head in [
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\nHTTP/1.1\r\nHost: a\r\n\r\n",
        "GE\nT / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHo\nst: a\r\n\r\n",
    ] {
        assert_refused(&server, head.as_bytes(), &[400]);
        let mut wire = server.wire();
        wire.send(format!("{}{head}{SMUGGLED}", get("/first")));
        assert_eq!(wire.response().text(), "hello", "{head:?}");
        assert_eq!(wire.response().status, 400, "{head:?}");
        wire.closed();
    }
}

/// Bodies may contain anything, and requests may follow in the same segment.
#[test]
fn bodies_that_look_like_heads_are_data() {
    let server = TestServer::new(Limits::default());
    let fake = "GET /fake HTTP/1.1\nHost: a\n\nGET /fake HTTP/1.1\r\nHost: a\r\n\r\n";
    let length = fake.len();
    let post = "POST /echo HTTP/1.1\r\nHost: a\r\n";
    for request in [
        format!("{post}Content-Length: {length}\r\n\r\n{fake}"),
        format!("{CHUNKED}{length:x}\r\n{fake}\r\n0\r\n\r\n"),
    ] {
        let mut wire = server.wire();
        wire.send(format!("{request}{request}{}", get("/")).repeat(50));
        for _ in 0..50 {
            assert_eq!(wire.response().text(), fake);
            assert_eq!(wire.response().text(), fake);
            assert_eq!(wire.response().text(), "hello");
        }
        // Byte by byte.
        for byte in request.as_bytes() {
            wire.send([*byte]);
        }
        assert_eq!(wire.response().text(), fake);
    }
    let seen = server.app.seen.lock().unwrap();
    assert!(!seen.iter().any(|path| path == "/fake"));
}

/// RFC 9112, 6.3: the coding overrides the length, whichever comes first, and the connection must
/// not be used again.
#[test]
fn a_length_beside_a_coding_ends_the_connection() {
    let server = TestServer::new(Limits::default());
    for lines in [
        "Content-Length: 50\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 1",
        "Transfer-Encoding: chunked\r\nContent-Length: x",
    ] {
        let head = format!("POST /echo HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n");
        let mut wire = server.wire();
        wire.send(format!("{head}5\r\nhello\r\n0\r\n\r\n{SMUGGLED}"));
        let reply = wire.response();
        assert_eq!((reply.status, reply.text()), (200, "hello"), "{lines}");
        assert_eq!(reply.header("connection"), Some("close"), "{lines}");
        wire.closed();
    }
}

/// RFC 9113, 3.4: the preface begins a connection. Behind a proxy, a later one would be an attempt
/// to bypass the proxy.
#[test]
fn the_http2_preface_is_refused_after_a_request() {
    let server = TestServer::new(Limits::default());
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let mut wire = server.wire();
    wire.send(get("/"));
    assert_eq!(wire.response().text(), "hello");
    wire.send(preface);
    assert_eq!(wire.response().status, 400);
    wire.closed();
    let mut wire = server.wire();
    wire.send(format!("{}{preface}", get("/")));
    assert_eq!(wire.response().text(), "hello", "pipelined");
    assert_eq!(wire.response().status, 400);
    wire.closed();
}

/// hyper skips single CRs and LFs before it looks for the preface.
#[test]
fn bytes_before_the_http2_preface_are_refused() {
    let server = TestServer::new(Limits::default());
    for before in [
        "\r", "\n", "\r\n", "\r\r", "\r\r\r\n", "\r\n\r\n", "\n\r", " ", "\0",
    ] {
        let mut wire = server.wire();
        wire.send(format!(
            "{before}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"
        ));
        let all = wire.read_all();
        let text = String::from_utf8_lossy(&all);
        assert!(
            text.is_empty() || text.starts_with("HTTP/1.1 400 "),
            "{before:?}: {text:?}"
        );
    }
}

/// Whole requests before a fault are answered; nothing behind it is.
#[test]
fn pipelined_requests_up_to_the_first_fault() {
    let server = TestServer::new(Limits::default());
    let mut wire = server.wire();
    let fault = "GET / HTTP/1.1\r\n\r\n";
    wire.send(format!("{}{}{fault}{SMUGGLED}", get("/"), get("/wait")));
    assert_eq!(wire.response().text(), "hello");
    server.app.gate.add_permits(1);
    assert_eq!(wire.response().text(), "waited");
    assert_eq!(wire.response().status, 400);
    wire.closed();
    assert_eq!(*server.app.seen.lock().unwrap(), ["/", "/wait"]);
}

/// A response does not wait for the rest of the request behind it.
#[test]
fn a_part_of_the_next_request_holds_nothing_up() {
    let server = TestServer::new(Limits::default());
    for part in ["\r\n", "G", "GET / HTTP/1.1\r\nHos"] {
        let mut wire = server.wire();
        wire.send(format!("{}{part}", get("/")));
        assert_eq!(wire.response().text(), "hello", "{part:?}");
    }
}

/// Requests that are unusual and valid, with the body that the application must get; the connection
/// goes on after each, at the right place.
#[test]
fn unusual_but_valid_framing_is_accepted() {
    let server = TestServer::new(Limits::default());
    let post = "POST /echo HTTP/1.1\r\nHost: a\r\n";
    let chunked = format!("{post}Transfer-Encoding: chunked\r\n\r\n");
    for (payload, body) in [
        (format!("\r\n{}", get("/")), "hello"),
        (format!("\r\n\r\n\r\n{}", get("/")), "hello"),
        (get("//evil/path"), "hello"),
        (get("/a?b=c//d&%00"), "hello"),
        (get("http://a/b"), "hello"),
        (get("HTTP://a"), "hello"),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n".into(), "hello"),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n".into(), "hello"),
        ("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n".into(), "hello"),
        ("M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n".into(), "hello"),
        ("get / HTTP/1.1\r\nHost: a\r\n\r\n".into(), "hello"),
        (format!("{post}\r\n"), ""),
        (format!("{post}Content-Length: 005\r\n\r\nhello"), "hello"),
        (format!("{post}Content-Length:\t5 \r\n\r\nhello"), "hello"),
        (
            format!("{post}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
            "hello",
        ),
        (
            format!("{post}tRANSFER-eNCODING: CHUNKED\r\n\r\n0\r\n\r\n"),
            "",
        ),
        (format!("{chunked}5\r\nhello\r\n0\r\n\r\n"), "hello"),
        (format!("{chunked}00005\r\nhello\r\n000\r\n\r\n"), "hello"),
        (
            format!("{chunked}5;a=\"b\";c\r\nhello\r\n0;d\r\n\r\n"),
            "hello",
        ),
        (
            format!("{chunked}5 ; a = \"b\\\"\"\r\nhello\r\n0\r\n\r\n"),
            "hello",
        ),
        (
            format!("{chunked}5\r\nhello\r\n0\r\nX:\r\nY: \tz \r\n\r\n"),
            "hello",
        ),
        (
            format!("{chunked}2\r\nhe\r\n3\r\nllo\r\n0\r\nX: y\r\n\r\n"),
            "hello",
        ),
    ] {
        let mut wire = server.wire();
        wire.send(&payload);
        let reply = wire.response();
        assert_eq!((reply.status, reply.text()), (200, body), "{payload:?}");
        wire.send(get("/again"));
        assert_eq!(wire.response().text(), "hello", "after {payload:?}");
    }
}
