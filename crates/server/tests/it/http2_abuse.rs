//! HTTP/2 clients that mean harm: other clients are served meanwhile, and memory stays as it is.

use std::{
    fs,
    io::{self, ErrorKind, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    process::Command,
    thread,
};

use testkit::Wire;

use crate::{
    frames::{
        CONTINUATION, Client, DATA, END_HEADERS, END_STREAM, GET, GOAWAY, HEADERS, PING, POST,
        RST_STREAM, SETTINGS, frame, get_frame, head,
    },
    harness::get,
    process::{Process, program},
};

/// Allowed growth of the server's memory, in KiB. Each flood would take a multiple if it were kept.
const MOST: u64 = 24 * 1024;

/// A server in a process of its own, for its memory.
struct Server {
    process: Process,
    address: SocketAddr,
}

impl Server {
    fn new() -> Self {
        let process = Process::spawn(Command::new(program()).arg("127.0.0.1:0"));
        let address = process.address();
        Self { process, address }
    }

    /// The most memory that it ever had, in KiB.
    fn peak(&self) -> u64 {
        let path = format!("/proc/{}/status", self.process.running.pid());
        let status = fs::read_to_string(path).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let number = line.unwrap().split_whitespace().nth(1);
        number.unwrap().parse().unwrap()
    }

    /// Serves another client during the flood, then compares the memory.
    fn stays_well_during<T: Send + 'static>(
        &self,
        name: &str,
        flood: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let mut wire = Wire::connect(self.address);
        let mut serve = || {
            wire.send(get("/"));
            assert_eq!(wire.response().text(), "hello", "{name}");
        };
        serve();
        let before = self.peak();
        let flood = thread::spawn(flood);
        while !flood.is_finished() {
            serve();
        }
        let after = self.peak();
        assert!(
            after - before < MOST,
            "{name}: {before} KiB, then {after} KiB"
        );
        flood.join().unwrap()
    }
}

#[test]
fn floods_that_end_the_connection() {
    let server = Server::new();
    let reset = |stream: u32| frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]);
    let open = [&[POST, 0x86][..], &[0x01, 1, b'a', 0x04, 5], b"/echo"].concat();
    let floods: [(&str, Vec<u8>, Vec<u8>, usize); 3] = [
        (
            "requests that are taken back at once",
            Vec::new(),
            (0..5_000)
                .map(|index| 2 * index + 1)
                .flat_map(|stream| [get_frame(stream, "/never"), reset(stream)].concat())
                .collect(),
            1,
        ),
        (
            "a header section without an end",
            frame(HEADERS, END_STREAM, 1, &head(GET, "/")),
            frame(
                CONTINUATION,
                0,
                1,
                &[b"\0\x01x\x7f\x81\x01", &[b'y'; 256][..]].concat(),
            ),
            500_000,
        ),
        (
            "empty pieces of a body",
            frame(HEADERS, END_HEADERS, 1, &open),
            frame(DATA, 0, 1, &[]).repeat(1_000),
            1_000,
        ),
    ];
    for (name, start, piece, times) in floods {
        let address = server.address;
        let goaway = server.stays_well_during(name, move || {
            let mut client = Client::connect(address);
            client.send(&start);
            let mut reading = Client(client.0.try_clone().unwrap());
            let reader = thread::spawn(move || reading.wait(|frame| frame.kind == GOAWAY));
            // Ends early when the server closes.
            let _ = (0..times).try_for_each(|_| client.0.write_all(&piece));
            reader.join().unwrap()
        });
        assert_eq!(
            goaway.payload[4..8],
            [0, 0, 0, 11],
            "{name}: ENHANCE_YOUR_CALM"
        );
    }
}

/// Frames that need an answer get one each; nothing is buffered for a client that does not read.
#[test]
fn floods_that_want_an_answer() {
    let server = Server::new();
    let settings = frame(SETTINGS, 0, 0, &[0, 4, 0, 1, 0, 0]);
    let ping = frame(PING, 0, 0, &[0; 8]);
    for (name, piece) in [("settings", settings), ("pings", ping)] {
        for (reads, times) in [(true, 1_000), (false, 5_000)] {
            let (address, piece) = (server.address, piece.repeat(1_000));
            server.stays_well_during(name, move || {
                let mut client = Client::connect(address).0;
                let mut stream = client.try_clone().unwrap();
                let reader =
                    reads.then(|| thread::spawn(move || io::copy(&mut stream, &mut io::sink())));
                let takes_all = if reads {
                    (0..times).for_each(|_| client.write_all(&piece).unwrap());
                    true
                } else {
                    let mut other = Wire::connect(address);
                    (0..times).all(|_| takes(&mut client, &piece, &mut other))
                };
                assert_eq!(takes_all, reads, "it takes what it cannot answer");
                client.shutdown(Shutdown::Both).unwrap();
                // Ends with the connection, in any way.
                reader
                    .into_iter()
                    .for_each(|reader| drop(reader.join().unwrap()));
            });
        }
    }
}

/// Whether the server takes these bytes. It does not if there is still no room for them after it has
/// served many requests of another client: it has one thread, so it could have read between any two.
fn takes(client: &mut TcpStream, mut bytes: &[u8], other: &mut Wire) -> bool {
    const TURNS: usize = 500;
    client.set_nonblocking(true).unwrap();
    let mut turns = 0;
    while !bytes.is_empty() && turns < TURNS {
        match client.write(bytes) {
            Ok(length) => {
                bytes = &bytes[length..];
                turns = 0;
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
                other.send(get("/"));
                assert_eq!(other.response().text(), "hello");
                turns += 1;
            }
        }
    }
    bytes.is_empty()
}
