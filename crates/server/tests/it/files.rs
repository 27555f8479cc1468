//! Responses that are sent from files: where, in order, and cut off when the file or the client
//! fails.
#![cfg(target_os = "linux")]

use std::{
    collections::VecDeque,
    convert::Infallible,
    fs::{self, File},
    future::ready,
    io::{self, Read},
    net::TcpStream,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::Full;
use squall_server::{FileBody, FilePart, FileResponse, Incoming, Limits, Serve, Server, Stop};
use testkit::{Reply, TempDir, Wire, temp_dir, wait_until};
use tokio::sync::Semaphore;

use crate::{
    frames::Client,
    harness::{TestServer, get},
};

const MIB: usize = 1 << 20;

/// A part of a body, as the service under test returns it.
#[derive(Clone, Copy)]
enum Step {
    Bytes(&'static str),
    /// A range of the file: offset and length.
    File(u64, usize),
    /// Waits for the gate.
    Wait,
    Fail,
}

/// A service whose responses have `B` in their bodies where a file is not sent.
#[derive(Clone)]
struct Files {
    folder: Arc<TempDir>,
    file: Arc<File>,
    gate: Arc<Semaphore>,
    /// How many file bodies there are.
    bodies: Arc<AtomicUsize>,
    length: usize,
    steps: Vec<Step>,
}

struct Steps {
    files: Files,
    left: VecDeque<Step>,
    waiting: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Files {
    /// A file of that length, and a body of these parts.
    fn new(length: usize, steps: &[Step]) -> Self {
        let folder = temp_dir();
        fs::write(folder.path().join("file"), content(length)).unwrap();
        Self {
            file: Arc::new(File::open(folder.path().join("file")).unwrap()),
            folder: Arc::new(folder),
            gate: Arc::new(Semaphore::new(0)),
            bodies: Arc::default(),
            length: steps.iter().map(Step::length).sum(),
            steps: steps.to_vec(),
        }
    }

    fn body(&self) -> Steps {
        self.bodies.fetch_add(1, SeqCst);
        Steps {
            files: self.clone(),
            left: self.steps.iter().copied().collect(),
            waiting: None,
        }
    }

    fn service(&self) -> impl Serve + use<> {
        let files = self.clone();
        tower::service_fn(move |request: Request<Incoming>| {
            let full = |bytes: Bytes| Response::new(Full::new(bytes));
            let response = match request.uri().path() {
                "/small" => full("small".into()).into(),
                // Has connections send large chunks as they are from here on.
                "/large" => full(vec![b'L'; MIB].into()).into(),
                path => {
                    let mut response = full(vec![b'B'; files.length].into());
                    if path == "/chunked" {
                        let chunked = header::HeaderValue::from_static("chunked");
                        let headers = response.headers_mut();
                        headers.insert(header::TRANSFER_ENCODING, chunked);
                    }
                    FileResponse::new(response, files.body())
                }
            };
            ready(Ok::<_, Infallible>(response))
        })
    }

    fn serve(&self, limits: Limits) -> TestServer {
        self.serve_on(Server::new().bind("127.0.0.1:0").limits(limits))
    }

    fn serve_on(&self, server: Server) -> TestServer {
        let server = TestServer::serving(server, |_| self.service());
        let mut wire = server.wire();
        wire.send(get("/large"));
        assert_eq!(wire.response().body.len(), MIB);
        server
    }

    /// The bytes that the client is to get.
    fn expected(&self) -> Vec<u8> {
        let file = fs::read(self.folder.path().join("file")).unwrap();
        let part = |step: &Step| match *step {
            Step::Bytes(bytes) => bytes.into(),
            Step::File(offset, length) => file[offset as usize..][..length].to_vec(),
            Step::Wait | Step::Fail => Vec::new(),
        };
        self.steps.iter().flat_map(part).collect()
    }

    fn wait_dropped(&self) {
        wait_until("all bodies are dropped", || self.bodies.load(SeqCst) == 0);
    }

    fn set_length(&self, length: u64) {
        let path = self.folder.path().join("file");
        let file = File::options().write(true).open(path).unwrap();
        file.set_len(length).unwrap();
    }
}

impl Step {
    fn length(&self) -> usize {
        match *self {
            Self::Bytes(bytes) => bytes.len(),
            Self::File(_, length) => length,
            Self::Wait | Self::Fail => 0,
        }
    }
}

impl FileBody for Steps {
    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<FilePart>>> {
        if let Some(waiting) = &mut self.waiting {
            std::task::ready!(waiting.as_mut().poll(cx));
            self.waiting = None;
        }
        let file = Arc::clone(&self.files.file);
        Poll::Ready(Some(match self.left.pop_front() {
            None => return Poll::Ready(None),
            Some(Step::Bytes(bytes)) => Ok(FilePart::Bytes(Bytes::from_static(bytes.as_bytes()))),
            Some(Step::File(offset, length)) => Ok(FilePart::File {
                modified: file.metadata().unwrap().modified().ok(),
                file,
                offset,
                length,
            }),
            Some(Step::Wait) => {
                let gate = Arc::clone(&self.files.gate);
                self.waiting = Some(Box::pin(async move {
                    gate.acquire().await.unwrap().forget();
                }));
                return self.poll_part(cx);
            }
            Some(Step::Fail) => Err(io::Error::other("as asked")),
        }))
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.files.bodies.fetch_sub(1, SeqCst);
    }
}

/// Each byte depends on its place, and none is 0, as those of a placeholder are.
fn content(length: usize) -> Vec<u8> {
    let byte = |at: usize| 1 + (at / 4096 + at) % 251;
    (0..length).map(|at| byte(at) as u8).collect()
}

fn ask(wire: &mut Wire, path: &str) -> Reply {
    wire.send(get(path));
    wire.response()
}

#[test]
fn parts_arrive_whole_and_in_order() {
    use Step::{Bytes, File};
    for steps in [
        &[File(0, 1)][..],
        &[File(0, 3 * MIB)],
        &[File(5, 100_000), File(100_005, MIB)],
        &[File(MIB as u64, MIB), File(0, MIB)],
        &[
            Bytes("head"),
            File(1, MIB),
            Bytes("between"),
            File(0, 10),
            Bytes("end"),
        ],
        &[File(0, 0), File(3, 5), File(0, 0), Bytes(""), Bytes("x")],
        &[Bytes("bytes")],
        &[Bytes("")],
    ] {
        let files = Files::new(3 * MIB, steps);
        let server = files.serve(Limits::default());
        let mut wire = server.wire();
        for path in ["/", "/chunked", "/"] {
            let reply = ask(&mut wire, path);
            assert_eq!(reply.body.len(), files.length, "{path}");
            assert!(reply.body == files.expected(), "{path}");
            let small = ask(&mut wire, "/small");
            assert_eq!(small.text(), "small");
        }
    }
}

/// The first large response of a server is copied with its head, so its file is not sent.
#[test]
fn file_is_sent_where_the_socket_gets_chunks_as_they_are() {
    // It fits into the window of an HTTP/2 stream.
    let length = 60_000;
    let files = Files::new(length, &[Step::File(0, length)]);
    let path = files.folder.path().join("socket");
    let server = Server::new()
        .bind("127.0.0.1:0")
        .bind(format!("unix:{}", path.display()));
    let server = TestServer::serving(server, |_| files.service());
    let body = "B".repeat(length);
    assert!(ask(&mut server.wire(), "/").text() == body);
    // The server has sent a large chunk.
    for mut wire in [server.wire(), Wire::connect_unix(&path)] {
        assert!(ask(&mut wire, "/").body == files.expected());
    }
    let mut wire = server.wire();
    wire.send("GET / HTTP/1.0\r\n\r\n");
    assert!(wire.response().body == files.expected());
    wire.closed();
    let mut wire = server.wire();
    wire.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    let head = wire.response_to("HEAD");
    assert_eq!(head.header("content-length"), Some("60000"));
    assert_eq!(ask(&mut wire, "/small").text(), "small");
    let mut client = Client::connect(server.address());
    client.get(1, "/");
    assert!(client.response(1) == (200, body));
    files.wait_dropped();
}

#[cfg(feature = "tls")]
#[test]
fn under_tls_the_body_is_sent() {
    let files = Files::new(MIB, &[Step::File(0, MIB)]);
    let authority = crate::authority::Authority::new();
    let pair = authority.issue("a", &["a.test"]);
    let tls = squall_server::Tls::new(&pair.chain, &pair.key);
    let server = Server::new()
        .bind("127.0.0.1:0")
        .bind_tls("127.0.0.1:0", tls);
    let server = files.serve_on(server);
    let encrypted = server.addresses[1].tcp().unwrap();
    let mut wire = authority.wire(encrypted, "a.test");
    assert!(ask(&mut wire, "/").body == vec![b'B'; MIB]);
    assert!(ask(&mut server.wire(), "/").body == files.expected());
}

#[test]
fn responses_of_pipelined_requests_arrive_in_order() {
    let files = Files::new(MIB, &[Step::File(0, 300_000), Step::Bytes("end")]);
    let server = files.serve(Limits::default());
    let mut wire = server.wire();
    let paths = [
        "/small", "/", "/", "/small", "/small", "/chunked", "/large", "/small", "/",
    ];
    let requests: String = paths.into_iter().map(get).collect();
    wire.send(requests.repeat(20));
    for path in paths.repeat(20) {
        let body = wire.response().body;
        let expected = match path {
            "/small" => b"small".to_vec(),
            "/large" => vec![b'L'; MIB],
            _ => files.expected(),
        };
        assert!(body == expected, "{path}: {} bytes", body.len());
    }
}

/// A client that has read a MiB of the body, which waits for the gate then.
fn begun(server: &TestServer, files: &Files) -> Wire {
    let mut wire = server.wire();
    wire.send(get("/"));
    let head = wire.response_to("HEAD");
    let length = files.length.to_string();
    assert_eq!(head.header("content-length"), Some(&*length));
    assert!(wire.read_exact(MIB) == files.expected()[..MIB]);
    wire
}

#[test]
fn file_that_changes_its_length_ends_the_connection_or_the_announced_length() {
    let rest = [
        Step::File(0, MIB),
        Step::Wait,
        Step::File(MIB as u64, MIB),
        Step::Bytes("end"),
    ];
    for (length, sent) in [
        (3 * MIB, MIB + 3),
        (2 * MIB, MIB + 3),
        (2 * MIB - 1, MIB - 1),
        (MIB + 5000, 5000),
        (MIB, 0),
        (100, 0),
        (0, 0),
    ] {
        let files = Files::new(2 * MIB, &rest);
        let expected = files.expected();
        let server = files.serve(Limits::default());
        let mut wire = begun(&server, &files);
        files.set_length(length as u64);
        files.gate.add_permits(1);
        let is_whole = sent == MIB + 3;
        if is_whole {
            assert!(wire.read_exact(sent) == expected[MIB..]);
            assert_eq!(ask(&mut wire, "/small").text(), "small");
        } else {
            assert!(wire.read_all() == expected[MIB..][..sent], "{length}");
            server.wait_connections(0);
        }
        files.wait_dropped();
    }
}

#[test]
fn parts_that_do_not_match_the_announced_length_end_the_connection() {
    let begin = [Step::File(0, MIB), Step::Wait];
    for (steps, length, most) in [
        (&[Step::Fail][..], 2 * MIB, 0),
        (&[], 2 * MIB, 0),
        (&[Step::Bytes("short")], 2 * MIB, 5),
        (&[Step::File(0, 1000)], 2 * MIB, 1000),
        (&[Step::File(0, MIB), Step::Fail], 2 * MIB + 1, MIB),
        // Longer: not even the announced length is sent.
        (&[Step::File(0, MIB)], 2 * MIB - 1, 0),
        (&[Step::Bytes("long")], MIB + 3, 0),
    ] {
        let mut files = Files::new(2 * MIB, &[&begin[..], steps].concat());
        files.length = length;
        let server = files.serve(Limits::default());
        let mut wire = begun(&server, &files);
        files.gate.add_permits(1);
        // hyper does not send what it has when the body fails.
        let sent = wire.read_all().len();
        assert!(sent <= most, "{sent} of {most}");
        server.wait_connections(0);
        files.wait_dropped();
    }
}

#[test]
fn client_that_stops_reading_is_cut_off() {
    let length = 64 * MIB;
    let files = Files::new(length, &[Step::File(0, length)]);
    let server = files.serve(Limits::default().body_timeout(Duration::from_millis(500)));
    let mut wire = server.wire();
    wire.send(get("/"));
    wire.response_to("HEAD");
    server.wait_connections(0);
    files.wait_dropped();
    assert!(wire.read_all().len() < length);
}

/// The client would get a mixture of two contents.
#[test]
fn file_modified_while_the_client_is_awaited_ends_the_connection() {
    // More than the buffers of both sockets take.
    let length = 64 * MIB;
    let files = Files::new(length, &[Step::File(0, length)]);
    let server = files.serve(Limits::default());
    let mut wire = server.wire();
    wire.send(get("/"));
    wire.response_to("HEAD");
    files.set_length(length as u64);
    assert!(wire.read_all().len() < length);
    server.wait_connections(0);
}

#[test]
fn client_that_vanishes_ends_the_transfer() {
    let length = 64 * MIB;
    let files = Files::new(length, &[Step::File(0, length)]);
    let server = files.serve(Limits::default());
    let mut stream = TcpStream::connect(server.address()).unwrap();
    io::Write::write_all(&mut stream, get("/").as_bytes()).unwrap();
    stream.read_exact(&mut [0; 100_000]).unwrap();
    drop(stream);
    server.wait_connections(0);
    files.wait_dropped();
}

#[test]
fn graceful_shutdown_waits_for_the_file() {
    let steps = [Step::File(0, MIB), Step::Wait, Step::File(MIB as u64, MIB)];
    let files = Files::new(2 * MIB, &steps);
    let server = files.serve(Limits::default());
    let mut wire = begun(&server, &files);
    server.handle.stop(Stop::Graceful);
    files.gate.add_permits(1);
    assert!(wire.read_all() == files.expected()[MIB..]);
    server.join();
}

/// `sendfile` refuses some files of `/proc`, which are read instead.
#[test]
fn file_that_the_kernel_does_not_send_is_read() {
    let mut files = Files::new(0, &[]);
    files.file = Arc::new(File::open("/proc/self/environ").unwrap());
    let expected = fs::read("/proc/self/environ").unwrap();
    files.length = expected.len();
    files.steps = vec![Step::File(0, expected.len())];
    let server = files.serve(Limits::default());
    assert!(ask(&mut server.wire(), "/").body == expected);
}
