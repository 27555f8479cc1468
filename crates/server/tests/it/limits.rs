//! Limits and deadlines, each small, and the responses to clients that exceed them.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use squall_server::Limits;
use testkit::{Wire, wait_until};

use crate::harness::{ENOUGH, TestServer, get, outlast_head_timeout};

const SHORT: Duration = Duration::from_millis(500);

fn post(path: &str, lines: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n")
}

#[test]
fn a_head_that_is_too_large() {
    let server = TestServer::new(Limits::default().max_head_size(8192).max_headers(20));
    let long = "a".repeat(9000);
    for (payload, status) in [
        (format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), 431),
        (
            format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n"),
            431,
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: a\r\n{long}: x\r\n\r\n"),
            431,
        ),
        // It never ends.
        (format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}"), 431),
        (
            format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(20)),
            431,
        ),
    ] {
        let mut wire = server.wire();
        wire.send(&payload);
        assert_eq!(wire.response().status, status, "{payload:.60}");
        wire.closed();
    }
    let mut wire = server.wire();
    wire.send(format!(
        "GET / HTTP/1.1\r\nHost: a\r\n{}\r\n",
        "X: y\r\n".repeat(19)
    ));
    assert_eq!(wire.response().status, 200);
    assert_eq!(*server.app.seen.lock().unwrap(), ["/"]);
}

#[test]
fn a_target_that_is_too_long() {
    let server = TestServer::new(Limits::default().max_head_size(256 * 1024));
    let mut wire = server.wire();
    wire.send(get(&format!("/{}", "a".repeat(70_000))));
    assert_eq!(wire.response().status, 414);
    wire.closed();
}

#[test]
fn a_body_that_is_too_large() {
    let server = TestServer::new(Limits::default().max_body_size(10));
    let chunked = post("/length", "Transfer-Encoding: chunked");
    for (payload, status, text, reached) in [
        (
            post("/length", "Content-Length: 10") + "0123456789",
            200,
            "10",
            true,
        ),
        // Rejected by its Content-Length, before a byte of it was read.
        (post("/length", "Content-Length: 11"), 413, "", false),
        (
            chunked.clone() + "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n",
            200,
            "10",
            true,
        ),
        // Rejected by its bytes so far: the body never ends.
        (
            chunked + "5\r\n01234\r\n6\r\n567890\r\n",
            413,
            "the request body is longer than 10 bytes",
            true,
        ),
    ] {
        let mut wire = server.wire();
        let before = server.app.seen.lock().unwrap().len();
        wire.send(&payload);
        let reply = wire.response();
        assert_eq!((reply.status, reply.text()), (status, text), "{payload:?}");
        if status == 413 {
            wire.closed();
        }
        let after = server.app.seen.lock().unwrap().len();
        assert_eq!(after - before, usize::from(reached), "{payload:?}");
    }
}

/// Sends `start`, then one byte after the other until the server closes; returns the server's
/// output.
fn dribble(server: &TestServer, start: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_nonblocking(true).unwrap();
    stream.write_all(start.as_bytes()).unwrap();
    let mut all = Vec::new();
    wait_until("the dribbling client is cut off", || {
        let mut space = [0; 1024];
        // Fails once the server has closed; its output can still be read.
        let _ = stream.write_all(b"x");
        match stream.read(&mut space) {
            Ok(0) => true,
            Ok(length) => {
                all.extend_from_slice(&space[..length]);
                false
            }
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        }
    });
    String::from_utf8(all).unwrap()
}

#[test]
fn a_head_that_dribbles_in() {
    let server = &TestServer::new(Limits::default().head_timeout(ENOUGH));
    // At once, since each takes its time.
    thread::scope(|scope| {
        for (start, statuses) in [
            ("", &[408][..]),
            ("GET / HTTP/1.1\r\nX", &[408]),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET ", &[200, 408]),
        ] {
            scope.spawn(move || {
                let said = dribble(server, start);
                let answers = said.split("HTTP/1.1 ").skip(1);
                let answers: Vec<u16> = answers.map(|text| text[..3].parse().unwrap()).collect();
                assert_eq!(answers, statuses, "{start:?}: {said:?}");
            });
        }
    });
}

#[test]
fn peers_that_fall_silent() {
    let server = TestServer::new(
        Limits::default()
            .head_timeout(ENOUGH)
            .keep_alive_timeout(SHORT),
    );
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    // All at once, so that their deadlines pass at the same time.
    let connect = |start: &str| {
        let mut wire = server.wire();
        wire.send(start);
        wire
    };
    let mut silent = connect("");
    let mut parts: Vec<Wire> = (1..preface.len())
        .map(|length| connect(&preface[..length]))
        .collect();
    let mut whole = connect(preface);
    let mut idle = connect(&get("/"));
    silent.closed();
    for (index, part) in parts.iter_mut().enumerate() {
        assert_eq!(part.response().status, 408, "after {} bytes", index + 1);
        part.closed();
    }
    // HTTP/2 frames by now: settings, then GOAWAY.
    assert_eq!(whole.read_all()[3], 4);
    assert_eq!(idle.response().status, 200);
    idle.closed();
    server.wait_connections(0);
}

#[test]
fn the_time_of_the_handler_is_its_own() {
    let limits = Limits::default()
        .head_timeout(ENOUGH)
        .keep_alive_timeout(ENOUGH)
        .body_timeout(ENOUGH);
    let server = TestServer::new(limits);
    let mut wire = server.wire();
    wire.send(get("/wait"));
    server.wait_seen(1);
    server.outlast_head_timeout();
    server.app.gate.add_permits(1);
    assert_eq!(wire.response().text(), "waited");
}

#[test]
fn a_body_that_stands_still() {
    let server = TestServer::new(Limits::default().body_timeout(SHORT));
    for payload in [
        post("/length", "Content-Length: 10") + "012",
        post("/length", "Content-Length: 10"),
        post("/length", "Transfer-Encoding: chunked") + "3\r\n012\r\n",
        post("/length", "Transfer-Encoding: chunked") + "3\r\n01",
        post("/length", "Transfer-Encoding: chunked") + "3\r\n012\r\n0\r\n",
    ] {
        let mut wire = server.wire();
        wire.send(&payload);
        let reply = wire.response();
        assert_eq!(reply.status, 408, "{payload:?}");
        assert_eq!(reply.text(), "no byte of the request body came for 500ms");
        wire.closed();
    }
}

#[test]
fn a_body_that_moves_on_may_take_its_time() {
    let server = TestServer::new(Limits::default().head_timeout(ENOUGH).body_timeout(ENOUGH));
    let mut wire = server.wire();
    wire.send(post("/length", "Transfer-Encoding: chunked"));
    server.wait_seen(1);
    let address = server.address();
    let longer_than_a_pause = thread::spawn(move || outlast_head_timeout(address));
    wait_until("more time than a pause may take has passed", || {
        wire.send("1\r\nx\r\n");
        longer_than_a_pause.is_finished()
    });
    wire.send("0\r\n\r\n");
    assert_eq!(wire.response().status, 200);
    wire.send(get("/"));
    assert_eq!(wire.response().status, 200);
}

#[test]
fn response_that_no_client_reads_is_cut_off() {
    let server = TestServer::new(Limits::default().body_timeout(SHORT));
    let mut wire = server.wire();
    wire.send(get("/big"));
    server.wait_seen(1);
    server.wait_connections(0);
    assert!(wire.read_all().len() < 16 << 20);
}

#[test]
fn expectations() {
    let server = TestServer::new(Limits::default().max_body_size(10));
    let head = |path, length| {
        post(
            path,
            &format!("Expect: 100-continue\r\nContent-Length: {length}"),
        )
    };
    let mut wire = server.wire();
    wire.send(head("/echo", 5));
    assert_eq!(wire.response().status, 100);
    wire.send("hello");
    assert_eq!(wire.response().text(), "hello");
    wire.send(get("/"));
    assert_eq!(wire.response().text(), "hello");
    // The body is not asked for (100-continue), so the client may or may not send it.
    for (path, length, status) in [("/echo", 11, 413), ("/ignored", 5, 200)] {
        let mut wire = server.wire();
        wire.send(head(path, length));
        assert_eq!(wire.response().status, status, "{path}");
        wire.closed();
    }
}

#[test]
fn silent_connection_makes_room_for_one_with_a_request() {
    let server = TestServer::new(Limits::default().max_connections(3));
    let mut first = server.wire();
    server.wait_connections(1);
    let mut others = [server.wire(), server.wire()];
    server.wait_connections(3);
    let mut last = server.wire();
    last.send(get("/"));
    assert_eq!(last.response().status, 200);
    first.closed();
    for other in &mut others {
        other.send(get("/"));
        assert_eq!(other.response().status, 200);
    }
    assert_eq!(server.handle.connections(), 3);
}

#[test]
fn at_the_limit_new_connections_wait() {
    let server = TestServer::new(Limits::default().max_connections(2));
    let mut busy = [server.wire(), server.wire()];
    for wire in &mut busy {
        wire.send("GET /wait HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    }
    server.wait_seen(2);
    let mut last = server.wire();
    last.send(get("/last"));
    server.app.gate.add_permits(1);
    assert_eq!(last.response().text(), "hello");
    assert_eq!(
        *server.app.seen.lock().unwrap(),
        ["/wait", "/wait", "/last"]
    );
    assert_eq!(server.handle.connections(), 2);
}
