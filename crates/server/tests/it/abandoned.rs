//! Clients that are gone before they are answered, or have only said all that they want to say.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    os::unix::net::UnixStream,
    sync::atomic::Ordering,
    time::Duration,
};

use squall_server::{Limits, Server};
use testkit::{temp_dir, wait_until};

use crate::harness::{TestServer, get};

const POST: &str = "POST /never HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";

fn wait_left(server: &TestServer, answers: usize) {
    wait_until("the answer is given up", || {
        server.app.left.load(Ordering::SeqCst) == answers
    });
}

#[test]
fn nobody_works_for_a_client_that_is_gone() {
    let server = TestServer::new(Limits::default());
    let requests = [
        get("/never"),
        POST.into(),
        get("/broken"),
        // Not the first of its connection.
        get("/") + &get("/never"),
    ];
    for (i, request) in requests.into_iter().enumerate() {
        let mut client = TcpStream::connect(server.address()).unwrap();
        client.write_all(request.as_bytes()).unwrap();
        wait_until("the request is worked on", || {
            let seen = server.app.seen.lock().unwrap();
            seen.iter().filter(|path| *path != "/").count() == i + 1
        });
        assert_eq!(server.app.left.load(Ordering::SeqCst), i, "{request:?}");
        drop(client);
        wait_left(&server, i + 1);
        server.wait_connections(0);
    }
}

#[test]
fn nor_over_a_unix_socket() {
    let dir = temp_dir();
    let path = dir.path().join("socket");
    let server = TestServer::with(Server::new().bind(format!("unix:{}", path.display())));
    let mut client = UnixStream::connect(&path).unwrap();
    client.write_all(get("/never").as_bytes()).unwrap();
    server.wait_seen(1);
    drop(client);
    wait_left(&server, 1);
}

#[cfg(feature = "tls")]
#[test]
fn nor_over_tls() {
    let authority = crate::authority::Authority::new();
    let pair = authority.issue("a", &["a.test"]);
    let tls = squall_server::Tls::new(&pair.chain, &pair.key);
    let server = TestServer::with(Server::new().bind_tls("127.0.0.1:0", tls));
    let mut client = authority.wire(server.address(), "a.test");
    client.send(get("/never"));
    server.wait_seen(1);
    drop(client);
    wait_left(&server, 1);
}

/// What a client sends on while it waits stands before its end.
#[test]
fn an_end_behind_another_request_is_seen_when_that_is_read() {
    let server = TestServer::new(Limits::default());
    let mut client = TcpStream::connect(server.address()).unwrap();
    client.write_all(get("/wait").as_bytes()).unwrap();
    server.wait_seen(1);
    client.write_all(get("/never").as_bytes()).unwrap();
    drop(client);
    server.app.gate.add_permits(1);
    server.wait_connections(0);
}

/// `printf 'GET …' | nc -N`: it has shut its side, and still reads.
#[test]
fn a_client_that_only_ends_its_side_gets_what_is_there_at_once() {
    let server = TestServer::new(Limits::default());
    for _ in 0..100 {
        let mut client = TcpStream::connect(server.address()).unwrap();
        client
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        client.write_all(get("/").as_bytes()).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer:?}");
        assert!(answer.ends_with("hello"), "{answer:?}");
    }
}
