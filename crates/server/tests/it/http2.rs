//! HTTP/2, frame by frame: prior knowledge, deadlines and the end.

use std::{io::Write, net::TcpStream, os::unix::net::UnixStream, thread, time::Duration};

use squall_server::{Limits, Server, Stop};
use testkit::wait_until;

use crate::{
    frames::{
        ACK, Client, DATA, END_HEADERS, END_STREAM, GET, GOAWAY, HEADERS, PING, PREFACE,
        RST_STREAM, SETTINGS, WINDOW_UPDATE, frame, get_frame,
    },
    harness::{ENOUGH, TestServer, get},
};

const SHORT: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(600);

fn hello() -> (u16, String) {
    (200, "hello".into())
}

#[test]
fn prior_knowledge_on_every_kind_of_socket() {
    let directory = testkit::temp_dir();
    let unix = format!("unix:{}", directory.path().join("s").display());
    let server = TestServer::with(Server::new().bind("127.0.0.1:0").bind(unix));
    let mut tcp = Client::connect(server.address());
    tcp.get(1, "/");
    assert_eq!(tcp.response(1), hello());
    let mut unix = Client::begin(UnixStream::connect(server.path()).unwrap());
    unix.get(1, "/");
    assert_eq!(unix.response(1), hello());
    // HTTP/1.1 still works beside it.
    let mut wire = server.wire();
    wire.send(get("/"));
    assert_eq!(wire.response().text(), "hello");
}

#[test]
fn a_preface_that_comes_byte_by_byte() {
    let server = TestServer::new(Limits::default());
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_nodelay(true).unwrap();
    for byte in PREFACE {
        stream.write_all(&[*byte]).unwrap();
    }
    let mut client = Client(stream);
    client.send(&[frame(SETTINGS, 0, 0, &[]), get_frame(1, "/")].concat());
    assert_eq!(client.response(1), hello());
}

#[test]
fn request_that_only_begins_like_the_preface_is_http1() {
    let server = TestServer::new(Limits::default());
    for (start, rest, status) in [
        (
            "P",
            "OST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            200,
        ),
        ("PR", "OPFIND / HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        ("PRI ", "/ HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        ("PRI * HTTP/", "1.1\r\nHost: a\r\n\r\n", 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r", "\r", 400),
    ] {
        let mut wire = server.wire();
        wire.send(start);
        wire.send(rest);
        assert_eq!(wire.response().status, status, "{start}|{rest}");
    }
}

#[test]
fn many_streams_and_no_more_than_allowed() {
    let server = TestServer::new(Limits::default().max_streams(100));
    let mut client = Client::connect(server.address());
    let streams = || (1..200).step_by(2);
    let requests: Vec<Vec<u8>> = streams().map(|id| get_frame(id, "/wait")).collect();
    client.send(&requests.concat());
    server.wait_seen(100);
    client.get(201, "/");
    let refused = client.wait(|frame| frame.stream == 201);
    assert_eq!(refused.kind, RST_STREAM);
    assert_eq!(refused.payload, [0, 0, 0, 7], "REFUSED_STREAM");
    server.app.gate.add_permits(100);
    let mut missing: Vec<u32> = streams().collect();
    while !missing.is_empty() {
        let end = client.wait(|frame| frame.kind == DATA && frame.flags & END_STREAM != 0);
        missing.retain(|stream| *stream != end.stream);
    }
    client.get(203, "/");
    assert_eq!(client.response(203), hello());
}

/// PINGs show that the client is there, not that it sends requests.
#[test]
fn idle_http2_client_gets_goaway_whatever_it_pings() {
    for asks in [true, false] {
        // The client has to begin within the head's time, and then to be idle for no longer.
        let (head, keep_alive) = if asks { (LONG, SHORT) } else { (ENOUGH, LONG) };
        let limits = Limits::default().head_timeout(head);
        let server = TestServer::new(limits.keep_alive_timeout(keep_alive));
        let mut client = Client::connect(server.address());
        if asks {
            client.get(1, "/");
            assert_eq!(client.response(1), hello());
        }
        let mut pinging = client.0.try_clone().unwrap();
        let pings = thread::spawn(move || {
            let ping = frame(PING, 0, 0, &[0; 8]);
            wait_until("the server closes", || pinging.write_all(&ping).is_err());
        });
        let kinds = client.rest();
        assert!(kinds.contains(&GOAWAY), "{kinds:?}");
        pings.join().unwrap();
        server.wait_connections(0);
    }
}

/// A connection with a request under way, the next that the gate lets go on.
fn waiting(server: &TestServer) -> Client<TcpStream> {
    let before = server.app.seen.lock().unwrap().len();
    let mut client = Client::connect(server.address());
    client.get(1, "/wait");
    server.wait_seen(before + 1);
    client
}

/// Lets the request of that connection go on, then waits until the connection has been idle and has
/// lingered for as long as a connection may. Every connection that began to idle before has had its
/// time too.
fn outlast_idleness(server: &TestServer, other: &mut Client<TcpStream>) {
    server.app.gate.add_permits(1);
    assert_eq!(other.response(1), (200, "waited".into()));
    other.rest();
}

/// The first GOAWAY announces the shutdown; requests that were sent before it arrived still count
/// (RFC 9113, 6.8). The client acknowledges it with the response to the PING behind it.
#[test]
fn a_request_that_crosses_the_goaway_is_answered() {
    let limits = Limits::default()
        .keep_alive_timeout(SHORT)
        .idle_grace(SHORT);
    for stop in [None, Some(Stop::Graceful)] {
        let server = TestServer::new(match stop {
            None => limits,
            Some(_) => limits.keep_alive_timeout(LONG).shutdown_timeout(LONG),
        });
        let mut client = Client::connect(server.address());
        client.get(1, "/");
        assert_eq!(client.response(1), hello());
        let mut other = waiting(&server);
        stop.into_iter().for_each(|how| server.handle.stop(how));
        client.wait(|frame| frame.kind == GOAWAY);
        client.get(3, "/wait");
        server.wait_seen(3);
        outlast_idleness(&server, &mut other);
        server.app.gate.add_permits(1);
        assert_eq!(client.response(3), (200, "waited".into()), "{stop:?}");
    }
}

#[test]
fn streams_under_way_finish_after_the_order_to_stop() {
    let server = TestServer::new(Limits::default().idle_grace(SHORT).shutdown_timeout(LONG));
    let mut client = Client::connect(server.address());
    client.send(&[get_frame(1, "/wait"), get_frame(3, "/wait")].concat());
    server.wait_seen(2);
    server.handle.stop(Stop::Graceful);
    client.wait(|frame| frame.kind == GOAWAY);
    let ping = client.wait(|frame| frame.kind == PING);
    client.send(&frame(PING, ACK, 0, &ping.payload));
    let last = client.wait(|frame| frame.kind == GOAWAY);
    assert_eq!(last.payload[..8], [0, 0, 0, 3, 0, 0, 0, 0]);
    server.app.gate.add_permits(2);
    let mut ends = 0;
    while let Some(frame) = client.next() {
        ends += u32::from(frame.kind == DATA && frame.flags & END_STREAM != 0);
    }
    assert_eq!(ends, 2);
    server.join();
}

/// Lets the client have that many more bytes, on the connection and on stream 1.
fn open_window(client: &mut Client<TcpStream>, bytes: u32) {
    for stream in [0, 1] {
        client.send(&frame(WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes()));
    }
}

/// The service is done with a response long before a slow client has it.
#[test]
fn a_response_that_is_taken_slowly_is_not_cut_off() {
    let limits = Limits::default()
        .keep_alive_timeout(SHORT)
        .idle_grace(SHORT);
    for stop in [None, Some(Stop::Graceful)] {
        let server = TestServer::new(limits.shutdown_timeout(LONG));
        let mut other = waiting(&server);
        let mut client = Client::connect(server.address());
        client.get(1, "/big");
        let mut received = 0;
        let mut open = true;
        while open {
            let data = client.wait(|frame| frame.kind == DATA);
            received += data.payload.len();
            open = data.flags & END_STREAM == 0;
            if received == 65_535 {
                stop.into_iter().for_each(|how| server.handle.stop(how));
                outlast_idleness(&server, &mut other);
                open_window(&mut client, 1 << 25);
            }
        }
        assert_eq!(received, 16 << 20, "{stop:?}");
    }
}

/// A window that stays shut must not hold a response in memory for ever, nor a connection open.
#[test]
fn response_that_no_client_reads_is_cut_off() {
    let server = TestServer::new(Limits::default().body_timeout(SHORT));
    let no_window = [0, 4, 0, 0, 0, 0];
    for settings in [&[][..], &no_window] {
        let mut client = Client::connect(server.address());
        client.send(&frame(SETTINGS, 0, 0, settings));
        client.get(1, "/big");
        let mut pinging = client.0.try_clone().unwrap();
        let pings = thread::spawn(move || {
            let ping = frame(PING, 0, 0, &[0; 8]);
            wait_until("the server closes", || pinging.write_all(&ping).is_err());
        });
        client.rest();
        pings.join().unwrap();
    }
}

/// A literal field (RFC 7541, 6.2.2) with one of the static table's names.
fn field(name: u8, value: &str) -> Vec<u8> {
    let index: &[u8] = if name < 15 { &[name] } else { &[15, name - 15] };
    let length = u8::try_from(value.len()).unwrap();
    [index, &[length], value.as_bytes()].concat()
}

const AUTHORITY: u8 = 1;
const ACCEPT: u8 = 19;
const HOST: u8 = 38;

/// RFC 9113, 8.2.1 and 8.3.1.
#[test]
fn malformed_requests_get_400_and_the_connection_goes_on() {
    let server = TestServer::new(Limits::default());
    let mut client = Client::connect(server.address());
    // GET, http and /.
    let start = [GET, 0x86, 0x84];
    for (stream, (fields, status)) in (1..).step_by(2).zip([
        (vec![], 400),
        (vec![field(AUTHORITY, "a")], 200),
        (vec![field(HOST, "a")], 200),
        (vec![field(AUTHORITY, "a"), field(HOST, "A:80")], 200),
        (vec![field(AUTHORITY, "a"), field(HOST, "b")], 400),
        (vec![field(AUTHORITY, "a"), field(HOST, "a:8888")], 400),
        (
            vec![field(AUTHORITY, "a"), field(HOST, "a"), field(HOST, "a")],
            400,
        ),
        (vec![field(HOST, "a"), field(HOST, "b")], 400),
        (vec![field(AUTHORITY, "a@x")], 400),
        (vec![field(AUTHORITY, "a:b@x")], 400),
        (vec![field(HOST, "a@x")], 400),
        (vec![field(HOST, "a/b")], 400),
        (vec![field(AUTHORITY, "a:b")], 400),
        (vec![field(AUTHORITY, "a"), field(ACCEPT, "x y")], 200),
        (vec![field(AUTHORITY, "a"), field(ACCEPT, " x")], 400),
        (vec![field(AUTHORITY, "a"), field(ACCEPT, "x ")], 400),
        (vec![field(AUTHORITY, "a"), field(ACCEPT, "\tx")], 400),
        (vec![field(AUTHORITY, "a"), field(ACCEPT, "x\t")], 400),
        (vec![field(HOST, " a")], 400),
        (vec![field(AUTHORITY, "a")], 200),
    ]) {
        let head = [&start[..], &fields.concat()].concat();
        client.send(&frame(HEADERS, END_STREAM | END_HEADERS, stream, &head));
        let (found, _) = client.response(stream);
        assert_eq!(found, status, "{}", fields.concat().escape_ascii());
    }
}
