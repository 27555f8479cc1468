//! Clients that disconnect, or half-close, before their response.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    os::unix::net::UnixStream,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use http::StatusCode;
use squall_server::{Limits, Observe, Server, Stop};
use testkit::{temp_dir, wait_until};

use crate::{
    frames::{Client, RST_STREAM, frame},
    harness::{TestServer, get},
};

const POST: &str = "POST /never HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";

fn wait_left(server: &TestServer, answers: usize) {
    wait_until("the answer is given up", || {
        server.app.left.load(Ordering::SeqCst) == answers
    });
}

#[test]
fn handler_is_cancelled_when_its_client_disconnects() {
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
fn handler_over_a_unix_socket_is_cancelled_too() {
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

/// Bytes that a client sends while it waits come before its end.
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

/// Counts the outcomes of requests.
#[derive(Clone, Debug, Default)]
struct Outcomes(Arc<[AtomicUsize; 3]>);

impl Outcomes {
    /// Responses, requests without one, and ends.
    fn now(&self) -> [usize; 3] {
        self.0.each_ref().map(|count| count.load(Ordering::SeqCst))
    }

    #[track_caller]
    fn wait(&self, wanted: [usize; 3]) {
        wait_until(&format!("{wanted:?} of {self:?}"), || self.now() == wanted);
    }
}

impl Observe for Outcomes {
    fn on_response(&self, _: StatusCode, _: Duration) {
        self.0[0].fetch_add(1, Ordering::SeqCst);
    }

    fn on_abort(&self, _: Duration) {
        self.0[1].fetch_add(1, Ordering::SeqCst);
    }

    fn on_end(&self) {
        self.0[2].fetch_add(1, Ordering::SeqCst);
    }
}

fn observed() -> (TestServer, Outcomes) {
    let outcomes = Outcomes::default();
    let server = Server::new().bind("127.0.0.1:0").observe(outcomes.clone());
    (TestServer::with(server), outcomes)
}

/// The times of responses.
#[derive(Clone, Debug, Default)]
struct Times(Arc<Mutex<Vec<Duration>>>);

impl Observe for Times {
    fn on_response(&self, _: StatusCode, took: Duration) {
        self.0.lock().unwrap().push(took);
    }
}

#[test]
fn observed_time_has_the_wait_of_a_handler() {
    const WAIT: Duration = Duration::from_millis(100);
    /// A tick of the coarse clock, at most.
    const TICK: Duration = Duration::from_millis(10);
    let times = Times::default();
    let server = Server::new().bind("127.0.0.1:0").observe(times.clone());
    let server = TestServer::with(server);
    let mut wire = server.wire();
    let begun = Instant::now();
    wire.send(get("/wait"));
    server.wait_seen(1);
    let waits = Instant::now();
    while waits.elapsed() < WAIT {
        thread::yield_now();
    }
    server.app.gate.add_permits(1);
    assert_eq!(wire.response().text(), "waited");
    let all = begun.elapsed();
    let took = times.0.lock().unwrap()[0];
    assert!(
        took >= WAIT - TICK && took <= all + TICK,
        "{took:?} of {all:?}"
    );
}

#[test]
fn aborted_requests_are_observed_once() {
    let (server, outcomes) = observed();
    let mut client = TcpStream::connect(server.address()).unwrap();
    client.write_all(get("/never").as_bytes()).unwrap();
    server.wait_seen(1);
    assert_eq!(outcomes.now(), [0, 0, 0]);
    drop(client);
    outcomes.wait([0, 1, 1]);
    // A client that leaves in the middle of a response has had its status.
    let mut wire = server.wire();
    wire.send(get("/broken"));
    outcomes.wait([1, 1, 1]);
    drop(wire);
    outcomes.wait([1, 1, 2]);
    let mut wire = server.wire();
    wire.send(get("/"));
    assert_eq!(wire.response().text(), "hello");
    outcomes.wait([2, 1, 3]);
}

#[test]
fn reset_http2_streams_are_observed_as_aborted() {
    let (server, outcomes) = observed();
    let mut client = Client::connect(server.address());
    client.get(1, "/never");
    client.get(3, "/never");
    server.wait_seen(2);
    client.send(&frame(RST_STREAM, 0, 1, &8_u32.to_be_bytes()));
    outcomes.wait([0, 1, 1]);
    client.get(5, "/");
    assert_eq!(client.response(5), (200, "hello".into()));
    drop(client);
    outcomes.wait([1, 2, 3]);
}

#[test]
fn requests_that_the_server_cuts_off_are_observed_as_aborted() {
    let (server, outcomes) = observed();
    let mut wire = server.wire();
    wire.send(get("/never"));
    server.wait_seen(1);
    server.handle.stop(Stop::Now);
    outcomes.wait([0, 1, 1]);
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
