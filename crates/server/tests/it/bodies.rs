//! Bodies: left unread, absent where the status forbids them, broken off; and services that fail.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use squall_server::{Limits, Serve, Server};
use tower::limit::ConcurrencyLimit;

use crate::{
    app::{App, answer},
    harness::{TestServer, get},
};

const MIB: usize = 1 << 20;

/// The whole response arrives, and then either the next one or the end; never a part of the body
/// taken for a request.
#[test]
fn an_unread_body_leaves_the_connection_clean_or_closed() {
    let server = TestServer::new(Limits::default());
    let body = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n".repeat(MIB / 36);
    for (lines, body) in [
        ("Content-Length: 5".into(), "hello"),
        (format!("Content-Length: {}", body.len()), &*body),
        (
            "Transfer-Encoding: chunked".into(),
            "5\r\nhello\r\n0\r\n\r\n",
        ),
        (
            "Transfer-Encoding: chunked".into(),
            &*format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()),
        ),
    ] {
        // Refused before the service is asked, answered by it, failed and panicked in it.
        for (path, host, status) in [
            ("/", "a", 200),
            ("/", "a@b", 400),
            ("/error", "a", 500),
            ("/panic", "a", 500),
        ] {
            let mut wire = server.wire();
            wire.send(format!(
                "POST {path} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n\r\n{body}"
            ));
            assert_eq!(wire.response().status, status, "{path} {lines}");
            wire.send("GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            let rest = wire.read_all();
            let answers = String::from_utf8_lossy(&rest).matches("HTTP/1.1 ").count();
            assert!(answers <= 1, "{path} {lines}");
        }
    }
    let seen = server.app.seen.lock().unwrap();
    assert!(!seen.iter().any(|path| path == "/smuggled"), "{seen:?}");
}

/// The small rest of a body is read over, which is cheaper for both than another connection.
#[test]
fn a_small_unread_body_keeps_the_connection() {
    let server = TestServer::new(Limits::default());
    let mut wire = server.wire();
    for _ in 0..3 {
        wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
        assert_eq!(wire.response().text(), "hello");
    }
    wire.send(get("/"));
    assert_eq!(wire.response().text(), "hello");
}

/// RFC 9112, 9.6: the last response has `Connection: close`, also where the service drops the
/// request late, as it does below any layer.
#[test]
fn unread_body_that_ends_the_connection_is_announced() {
    let server = TestServer::new(Limits::default());
    for (lines, body) in [
        ("Content-Length: 100000", "a part"),
        ("Content-Length: 100000\r\nExpect: 100-continue", ""),
        ("Transfer-Encoding: chunked", "5\r\nhello\r\n"),
        ("Transfer-Encoding: chunked", "5\r\nhel"),
        ("Transfer-Encoding: chunked", ""),
    ] {
        for path in ["/", "/error", "/panic", "/status/204"] {
            let mut wire = server.wire();
            wire.send(format!(
                "POST {path} HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n{body}"
            ));
            let reply = wire.response();
            assert_eq!(reply.header("connection"), Some("close"), "{path} {lines}");
            wire.closed();
        }
    }
    for path in ["/", "/error", "/panic", "/status/204"] {
        let mut wire = server.wire();
        for _ in 0..2 {
            wire.send(format!(
                "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
            ));
            assert_eq!(wire.response().header("connection"), None, "{path}");
        }
    }
}

/// The same where the service drops the request before it makes a future of it.
#[test]
fn body_that_is_dropped_at_once_is_read_over_or_announced() {
    let server = TestServer::serving(Server::new().bind("127.0.0.1:0"), |_| {
        tower::service_fn(|request: http::Request<squall_server::Incoming>| {
            drop(request);
            let body = http_body_util::Full::new(bytes::Bytes::from_static(b"hello"));
            std::future::ready(Ok::<_, std::convert::Infallible>(http::Response::new(body)))
        })
    });
    let mut wire = server.wire();
    for _ in 0..3 {
        wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
        let reply = wire.response();
        assert_eq!((reply.text(), reply.header("connection")), ("hello", None));
    }
    wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhello");
    assert_eq!(wire.response().header("connection"), Some("close"));
    wire.closed();
}

/// The first large response changes how a connection writes, also one that was there before it.
#[test]
fn small_and_large_responses_take_turns() {
    let server = TestServer::new(Limits::default());
    let mut wires = [server.wire(), server.wire()];
    for path in ["/", "/big", "/", "/", "/big", "/big", "/"] {
        for wire in &mut wires {
            wire.send(get(path));
            let length = wire.response().body.len();
            assert_eq!(length, if path == "/" { 5 } else { 16 * MIB }, "{path}");
        }
    }
    for wire in &mut wires {
        wire.send([get("/"), get("/big"), get("/"), get("/")].concat());
        let lengths = [(); 4].map(|()| wire.response().body.len());
        assert_eq!(lengths, [5, 16 * MIB, 5, 5], "asked for at once");
    }
}

/// The application for one request at a time; the others wait in `poll_ready`.
fn one_at_a_time(app: &App) -> impl Serve + use<> {
    let app = app.clone();
    let service = tower::service_fn(move |request| answer(app.clone(), request));
    ConcurrencyLimit::new(service, 1)
}

/// An instance that returned Pending may hold a place in a queue, so it must be the one that is
/// polled again.
#[test]
fn a_service_that_is_not_ready_is_waited_for() {
    let server = Server::new().bind("127.0.0.1:0");
    let server = TestServer::serving(server, one_at_a_time);
    let mut first = server.wire();
    first.send(get("/wait"));
    server.wait_seen(1);
    let mut others = [server.wire(), server.wire()];
    for wire in &mut others {
        wire.send(get("/"));
    }
    server.wait_connections(3);
    server.app.gate.add_permits(1);
    assert_eq!(first.response().text(), "waited");
    for wire in &mut others {
        assert_eq!(wire.response().text(), "hello");
        wire.send(get("/"));
        assert_eq!(wire.response().text(), "hello");
    }
}

/// Closing while the client still sends would reset the connection and take the response with it.
#[test]
fn a_client_that_is_still_sending_gets_the_response() {
    let server = TestServer::new(Limits::default().max_body_size(MIB as u64));
    for (path, lines, status) in [
        ("/", "Content-Length: 1048576", 200),
        ("/error", "Content-Length: 1048576", 500),
        ("/", "Content-Length: 1048577", 413),
        ("/", "Transfer-Encoding: chunked\r\nContent-Length : 1", 400),
        ("/length", "Transfer-Encoding: chunked", 413),
        // No body, and yet more follows.
        ("/", "Connection: close", 200),
        ("/", "Host: b", 400),
    ] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n");
        let sent = format!("{head}200000\r\n{}", "x".repeat(3 * MIB));
        stream.write_all(sent.as_bytes()).unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        let start = format!("HTTP/1.1 {status} ");
        assert!(said.starts_with(&start), "{path} {lines}: {said:?}");
        assert_eq!(
            said.matches("HTTP/1.1 ").count(),
            1,
            "{path} {lines}: {said:?}"
        );
    }
}

#[test]
fn statuses_and_methods_without_a_body() {
    let server = TestServer::new(Limits::default());
    let mut wire = server.wire();
    for (method, path, status, length) in [
        ("HEAD", "/", 200, Some("5")),
        ("HEAD", "/big", 200, Some("16777216")),
        ("GET", "/status/204", 204, None),
        ("HEAD", "/status/204", 204, None),
        ("GET", "/status/304", 304, Some("6")),
        ("HEAD", "/panic", 500, None),
        ("GET", "/", 200, Some("5")),
    ] {
        wire.send(format!("{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let reply = wire.response_to(method);
        assert_eq!(reply.status, status, "{method} {path}");
        if status == 200 || status == 204 {
            assert_eq!(reply.header("content-length"), length, "{method} {path}");
        }
        assert_eq!(reply.header("transfer-encoding"), None, "{method} {path}");
    }
}

#[test]
fn a_service_that_fails_or_panics_is_a_500_on_a_connection_that_lives() {
    let server = TestServer::new(Limits::default());
    let mut wire = server.wire();
    for path in ["/error", "/panic", "/panic", "/error"] {
        wire.send(get(path));
        let reply = wire.response();
        assert_eq!((reply.status, reply.text()), (500, ""), "{path}");
    }
    wire.send(get("/"));
    assert_eq!(wire.response().text(), "hello");
    assert_eq!(server.handle.connections(), 1);
}

/// A chunk is sent before the next is ready, also with the next request in the buffer. The end of
/// the chunked body never comes, so the client can see that the body is incomplete.
#[test]
fn a_response_that_breaks_off() {
    let server = TestServer::new(Limits::default());
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream
        .write_all((get("/broken") + &get("/")).as_bytes())
        .unwrap();
    let mut lines = BufReader::new(stream).lines();
    assert!(lines.any(|line| line.unwrap() == "half"));
    server.app.gate.add_permits(1);
    assert!(lines.next().is_none_or(|line| line.is_err()));
    assert_eq!(*server.app.seen.lock().unwrap(), ["/broken"]);
}

#[test]
fn an_upgraded_connection_still_counts() {
    let server = TestServer::new(Limits::default());
    let mut wire = server.wire();
    wire.send("GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
    let reply = wire.response();
    assert_eq!((reply.status, reply.header("upgrade")), (101, Some("echo")));
    for _ in 0..3 {
        // The echoed bytes look like a response, which is the easiest to read.
        let echo = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
        wire.send(echo);
        assert_eq!(wire.response().text(), "hi");
        assert_eq!(server.handle.connections(), 1);
    }
    drop(wire);
    server.wait_connections(0);
}
