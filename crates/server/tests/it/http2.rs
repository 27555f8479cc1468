//! HTTP/2, frame by frame: prior knowledge, deadlines, the end, and clients that mean harm.

use std::{
    io::{Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    thread,
    time::{Duration, Instant},
};

use squall_server::{Limits, Server, Stop};
use testkit::wait_until;

use crate::harness::{TestServer, get};

const SHORT: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(600);

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// RFC 9113, section 6, and the flags that are used here.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header section (RFC 7541) for `http://a{path}`, without Huffman coding and dynamic table.
fn head(method: u8, path: &str) -> Vec<u8> {
    let length = u8::try_from(path.len()).unwrap();
    let authority = [0x01, 1, b'a'];
    let path = [&[0x04, length], path.as_bytes()].concat();
    [&[method, 0x86], &authority[..], &path].concat()
}

const GET: u8 = 0x82;
const POST: u8 = 0x83;

fn get_frame(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &head(GET, path))
}

struct Client<S>(S);

impl Client<TcpStream> {
    fn connect(server: &TestServer) -> Self {
        let stream = TcpStream::connect(server.address()).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        Self::begin(stream)
    }
}

impl<S: Read + Write> Client<S> {
    fn begin(stream: S) -> Self {
        let mut client = Self(stream);
        client.send(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat());
        client
    }

    /// A server that has closed is no failure: what it said can still be read.
    fn send(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }

    fn get(&mut self, stream: u32, path: &str) {
        self.send(&get_frame(stream, path));
    }

    /// The next frame, or nothing once the server has closed.
    fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).ok()?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.0.read_exact(&mut payload).ok()?;
        Some(Frame {
            kind,
            flags,
            stream: u32::from_be_bytes(stream),
            payload,
        })
    }

    #[track_caller]
    fn wait(&mut self, wanted: impl Fn(&Frame) -> bool) -> Frame {
        loop {
            let next = self.next().expect("the connection is still open");
            if wanted(&next) {
                return next;
            }
        }
    }

    /// The status and body of the response on that stream. Nothing is acknowledged meanwhile.
    #[track_caller]
    fn response(&mut self, stream: u32) -> (u16, String) {
        let head = self.wait(|frame| frame.kind == HEADERS && frame.stream == stream);
        // The indexed statuses of RFC 7541's appendix A, and those with a literal value.
        let status = match head.payload[0] {
            index @ 0x88..=0x8e => [200, 204, 206, 304, 400, 404, 500][usize::from(index - 0x88)],
            _ => 0,
        };
        let mut body = Vec::new();
        let mut ended = head.flags & END_STREAM != 0;
        while !ended {
            let next = self.wait(|frame| frame.stream == stream);
            assert_eq!(next.kind, DATA, "stream {stream}");
            ended = next.flags & END_STREAM != 0;
            body.extend(next.payload);
        }
        (status, String::from_utf8(body).unwrap())
    }

    /// Reads to the end; returns the kinds of frames.
    fn rest(&mut self) -> Vec<u8> {
        std::iter::from_fn(|| self.next().map(|frame| frame.kind)).collect()
    }
}

fn hello() -> (u16, String) {
    (200, "hello".into())
}

#[test]
fn prior_knowledge_on_every_kind_of_socket() {
    let directory = testkit::temp_dir();
    let unix = format!("unix:{}", directory.path().join("s").display());
    let server = TestServer::with(Server::new().bind("127.0.0.1:0").bind(unix));
    let mut tcp = Client::connect(&server);
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
fn what_only_begins_like_the_preface_is_http1() {
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
    let mut client = Client::connect(&server);
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

/// PINGs say that the client is there, not that it wants something.
#[test]
fn an_idle_client_is_told_to_go_whatever_it_pings() {
    let server = TestServer::new(
        Limits::default()
            .head_timeout(SHORT)
            .keep_alive_timeout(SHORT),
    );
    for asks in [true, false] {
        let mut client = Client::connect(&server);
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
    }
    server.wait_connections(0);
}

/// The first GOAWAY says that the end is near; what was sent before it arrived still counts
/// (RFC 9113, 6.8). The client shows that it has it by answering the PING behind it.
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
        let mut client = Client::connect(&server);
        client.get(1, "/");
        assert_eq!(client.response(1), hello());
        stop.into_iter().for_each(|how| server.handle.stop(how));
        client.wait(|frame| frame.kind == GOAWAY);
        client.get(3, "/wait");
        server.wait_seen(2);
        let started = Instant::now();
        wait_until("any time for lingering is over", || {
            started.elapsed() > Duration::from_secs(3)
        });
        server.app.gate.add_permits(1);
        assert_eq!(client.response(3), (200, "waited".into()), "{stop:?}");
    }
}

#[test]
fn streams_under_way_finish_after_the_order_to_stop() {
    let server = TestServer::new(Limits::default().idle_grace(SHORT).shutdown_timeout(LONG));
    let mut client = Client::connect(&server);
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
        let mut client = Client::connect(&server);
        client.get(1, "/big");
        let mut received = 0;
        let started = Instant::now();
        let mut open = true;
        while open {
            let data = client.wait(|frame| frame.kind == DATA);
            received += data.payload.len();
            open = data.flags & END_STREAM == 0;
            if received == 65_535 {
                stop.into_iter().for_each(|how| server.handle.stop(how));
                wait_until("all time for idleness is over", || {
                    started.elapsed() > Duration::from_secs(3)
                });
                open_window(&mut client, 1 << 25);
            }
        }
        assert_eq!(received, 16 << 20, "{stop:?}");
    }
}

/// A window that stays shut must not hold a response in memory for ever, nor a connection open.
#[test]
fn a_response_that_nobody_takes() {
    let server = TestServer::new(Limits::default().body_timeout(SHORT));
    let no_window = [0, 4, 0, 0, 0, 0];
    for settings in [&[][..], &no_window] {
        let mut client = Client::connect(&server);
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

/// The server ends the connection by itself, and another client is served meanwhile.
#[test]
fn floods() {
    let server = TestServer::new(Limits::default());
    let reset = |stream: u32| frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]);
    let open = [&[POST, 0x86][..], &[0x01, 1, b'a', 0x04, 5], b"/echo"].concat();
    let floods: [(&str, Vec<u8>, Vec<u8>); 3] = [
        (
            "requests that are taken back at once",
            Vec::new(),
            (0..5_000)
                .map(|index| 2 * index + 1)
                .flat_map(|stream| [get_frame(stream, "/never"), reset(stream)].concat())
                .collect(),
        ),
        (
            "a header section without an end",
            frame(HEADERS, END_STREAM, 1, &head(GET, "/")),
            frame(
                CONTINUATION,
                0,
                1,
                &[b"\0\x01x\x7f\x81\x01", &[b'y'; 256][..]].concat(),
            )
            .repeat(5_000),
        ),
        (
            "empty pieces of a body",
            frame(HEADERS, END_HEADERS, 1, &open),
            frame(DATA, 0, 1, &[]).repeat(100_000),
        ),
    ];
    for (name, start, flood) in floods {
        let mut client = Client::connect(&server);
        client.send(&start);
        let mut reading = Client(client.0.try_clone().unwrap());
        let reader = thread::spawn(move || reading.wait(|frame| frame.kind == GOAWAY));
        let flooding = thread::spawn(move || client.send(&flood));
        let mut wire = server.wire();
        for _ in 0..20 {
            wire.send(get("/"));
            assert_eq!(wire.response().text(), "hello", "{name}");
        }
        flooding.join().unwrap();
        let goaway = reader.join().unwrap();
        assert_eq!(
            goaway.payload[4..8],
            [0, 0, 0, 11],
            "{name}: ENHANCE_YOUR_CALM"
        );
    }
    server.wait_connections(0);
}
