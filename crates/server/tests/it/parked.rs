//! Idle connections, which give up hyper and its buffers after a second.

use std::{fs, io::Write, net::TcpStream, process::Command, time::Duration};

use squall_server::{Limits, Server, Stop};
use testkit::Wire;

use crate::{
    harness::{TestServer, get, outlast_head_timeout},
    process::{Process, program},
};

/// As long as a connection is idle before it is parked, so to outlast it is to see it parked.
const PARKED: Duration = Duration::from_secs(1);

fn limits() -> Limits {
    Limits::default().head_timeout(PARKED)
}

#[track_caller]
fn exchange(wire: &mut Wire) {
    wire.send(get("/"));
    assert_eq!(wire.response().text(), "hello");
}

#[test]
fn connection_serves_after_each_pause() {
    let socket = testkit::temp_dir();
    let socket = socket.path().join("socket");
    let unix = format!("unix:{}", socket.display());
    let server = TestServer::with(
        Server::new()
            .bind("127.0.0.1:0")
            .bind(unix.as_str())
            .limits(limits()),
    );
    let mut wires = [server.wire(), Wire::connect_unix(server.path())];
    for _ in 0..3 {
        wires.iter_mut().for_each(exchange);
        server.outlast_head_timeout();
    }
    // A head in two parts, and two requests at once.
    for wire in &mut wires {
        wire.send("GET / HT");
        wire.send("TP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(wire.response().text(), "hello");
    }
    server.outlast_head_timeout();
    for wire in &mut wires {
        wire.send(get("/").repeat(2));
        assert_eq!(wire.response().text(), "hello");
        assert_eq!(wire.response().text(), "hello");
    }
}

#[test]
fn part_of_a_head_has_a_deadline_after_a_pause() {
    let server = TestServer::new(limits());
    let mut wire = server.wire();
    exchange(&mut wire);
    server.outlast_head_timeout();
    wire.send("GET / HT");
    assert_eq!(wire.response().status, 408);
    wire.closed();
}

#[test]
fn malformed_head_is_refused_after_a_pause() {
    for malformed in ["GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let server = TestServer::new(limits());
        let mut wire = server.wire();
        exchange(&mut wire);
        server.outlast_head_timeout();
        wire.send(malformed);
        assert_eq!(wire.response().status, 400, "{malformed:?}");
        wire.closed();
    }
}

#[test]
fn connection_ends_with_its_client() {
    let server = TestServer::new(limits());
    let mut wire = server.wire();
    exchange(&mut wire);
    server.outlast_head_timeout();
    drop(wire);
    server.wait_connections(0);
}

#[test]
fn connection_ends_after_keep_alive_timeout() {
    let server = TestServer::new(limits().keep_alive_timeout(2 * PARKED));
    let mut wire = server.wire();
    exchange(&mut wire);
    wire.closed();
}

#[test]
fn graceful_shutdown_ends_parked_connections_and_serves_what_comes_within_the_grace() {
    let server = TestServer::new(limits().idle_grace(3 * PARKED));
    let (mut idle, mut late) = (server.wire(), server.wire());
    exchange(&mut idle);
    exchange(&mut late);
    server.outlast_head_timeout();
    server.handle.stop(Stop::Graceful);
    late.send(get("/"));
    let reply = late.response();
    assert_eq!(reply.header("connection"), Some("close"));
    late.closed();
    idle.closed();
    server.join();
}

/// Without parking, a connection keeps at least hyper's first read buffer of 8 KiB.
#[test]
fn idle_connections_share_the_memory_of_requests() {
    const BATCH: usize = 250;
    const BATCHES: usize = 5;
    let process = Process::spawn(
        Command::new(program())
            .arg("127.0.0.1:0")
            .env("HEAD_TIMEOUT_MS", PARKED.as_millis().to_string()),
    );
    let address = process.address();
    let mut idle = Vec::new();
    let mut resident = Vec::new();
    for _ in 0..BATCHES {
        for _ in 0..BATCH {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(get("/").as_bytes()).unwrap();
            let mut wire = Wire::over(stream);
            assert_eq!(wire.response().text(), "hello");
            idle.push(wire);
        }
        outlast_head_timeout(address);
        resident.push(resident_kib(process.running.pid()));
    }
    // The first batch has allocated buffers for all that follow.
    let each = (resident[BATCHES - 1] - resident[0]) as f64 / (BATCH * (BATCHES - 1)) as f64;
    assert!(each < 4.0, "{each:.1} KiB a connection: {resident:?}");
}

fn resident_kib(pid: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let figure = line.and_then(|line| line.trim().strip_suffix(" kB"));
    figure.unwrap().parse().unwrap()
}
