//! Pipelined requests: their responses are sent together, whole and in order.

use std::{net::TcpStream, thread};

use squall_server::{Limits, Server};
use testkit::Wire;

use crate::harness::{TestServer, get};

/// Around the sizes from which a write is not collected, and from which the buffer is full.
const SIZES: &[usize] = &[
    0, 1, 100, 3_900, 4_095, 4_096, 4_097, 16_383, 16_384, 16_385, 70_000,
];

fn body(number: usize) -> Vec<u8> {
    let size = SIZES[number % SIZES.len()];
    (number..number + size).map(|byte| byte as u8).collect()
}

fn post(number: usize) -> Vec<u8> {
    let body = body(number);
    let head = format!(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

/// The client sends while it reads, and responses are more than the socket's buffers hold, so the
/// server sends some of them in part.
#[test]
fn responses_of_all_sizes_arrive_in_order() {
    let server = TestServer::new(Limits::default());
    let count = 200 * SIZES.len();
    let stream = TcpStream::connect(server.address()).unwrap();
    let mut sending = Wire::over(stream.try_clone().unwrap());
    let mut receiving = Wire::over(stream);
    let sender = thread::spawn(move || {
        for number in 0..count {
            sending.send(post(number));
        }
    });
    server.wait_seen(SIZES.len());
    for number in 0..count {
        let reply = receiving.response();
        assert!(reply.body == body(number), "response {number}");
    }
    sender.join().unwrap();
}

#[test]
fn small_responses_arrive_in_order_and_before_the_end() {
    let server = TestServer::new(Limits::default());
    let mut wire = server.wire();
    let last = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    wire.send(format!("{}{last}", get("/").repeat(99)));
    for number in 0..100 {
        assert_eq!(wire.response().text(), "hello", "response {number}");
    }
    wire.closed();
}

#[test]
fn responses_before_an_upgrade_precede_the_new_protocol() {
    let server = TestServer::new(Limits::default());
    let upgrade =
        "GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
    for _ in 0..50 {
        let mut wire = server.wire();
        wire.send(format!("{}{upgrade}tunnel", get("/").repeat(3)));
        for _ in 0..3 {
            assert_eq!(wire.response().text(), "hello");
        }
        assert_eq!(wire.response().status, 101);
        assert_eq!(wire.read_exact(6), b"tunnel");
    }
}

/// Whole requests and the beginning of another, cut at each byte.
fn cut_requests() -> impl Iterator<Item = (usize, String, String)> {
    (1..=3).flat_map(|whole| {
        let next = get("/");
        (0..next.len()).map(move |cut| {
            let sent = format!("{}{}", get("/").repeat(whole), &get("/")[..cut]);
            (whole, sent, next[cut..].to_owned())
        })
    })
}

fn responds_before_the_rest(wire: &mut Wire) {
    for (whole, sent, rest) in cut_requests() {
        wire.send(&sent);
        for number in 0..whole {
            assert_eq!(wire.response().text(), "hello", "{number} of {sent:?}");
        }
        wire.send(&rest);
        assert_eq!(wire.response().text(), "hello", "{sent:?} and {rest:?}");
    }
}

#[test]
fn part_of_the_next_request_holds_no_response_back() {
    let socket = testkit::temp_dir();
    let socket = socket.path().join("socket");
    let unix = format!("unix:{}", socket.display());
    let server = Server::new().bind("127.0.0.1:0").bind(unix.as_str());
    let server = TestServer::with(server);
    responds_before_the_rest(&mut server.wire());
    responds_before_the_rest(&mut Wire::connect_unix(server.path()));
}

#[cfg(feature = "tls")]
#[test]
fn part_of_the_next_request_holds_no_response_back_over_tls() {
    let authority = crate::authority::Authority::new();
    let pair = authority.issue("a", &["a.test"]);
    let tls = squall_server::Tls::new(&pair.chain, &pair.key);
    let server = TestServer::with(Server::new().bind_tls("127.0.0.1:0", tls));
    responds_before_the_rest(&mut authority.wire(server.address(), "a.test"));
}

/// The permit follows the earlier responses.
#[test]
fn handler_that_waits_holds_no_earlier_response_back() {
    let server = TestServer::new(Limits::default());
    let mut wire = server.wire();
    wire.send([get("/").repeat(2), get("/wait"), get("/")].concat());
    for _ in 0..2 {
        assert_eq!(wire.response().text(), "hello");
    }
    server.wait_seen(3);
    server.app.gate.add_permits(1);
    assert_eq!(wire.response().text(), "waited");
    assert_eq!(wire.response().text(), "hello");
    assert_eq!(*server.app.seen.lock().unwrap(), ["/", "/", "/wait", "/"]);
}
