//! The end: what is under way or on its way is answered, and nothing lasts for ever.

use std::{
    net::TcpStream,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use squall_server::{Limits, Phase, Stop};
use testkit::{Signal, Wire, wait_until};

use crate::{
    harness::{TestServer, get},
    process::{Process, program},
};

const SHORT: Duration = Duration::from_millis(200);
/// Longer than any test: what waits for it has failed.
const LONG: Duration = Duration::from_secs(600);

fn patient() -> Limits {
    Limits::default().idle_grace(LONG).shutdown_timeout(LONG)
}

#[test]
fn an_idle_client_gets_its_next_request_answered() {
    let server = TestServer::new(patient());
    let mut wires: Vec<Wire> = (0..3).map(|_| server.wire()).collect();
    for wire in &mut wires {
        wire.send(get("/"));
        assert_eq!(wire.response().header("connection"), None);
    }
    server.handle.stop(Stop::Graceful);
    wait_until("it drains", || server.handle.phase() == Phase::Draining);
    for wire in &mut wires {
        wire.send(get("/"));
        let reply = wire.response();
        assert_eq!(reply.text(), "hello");
        assert_eq!(reply.header("connection"), Some("close"));
        wire.closed();
    }
    server.join();
}

#[test]
fn idle_clients_that_ask_nothing_are_let_go_after_the_grace() {
    let server = TestServer::new(Limits::default().idle_grace(SHORT).shutdown_timeout(LONG));
    let mut silent = server.wire();
    let mut idle = server.wire();
    idle.send(get("/"));
    assert_eq!(idle.response().status, 200);
    server.wait_connections(2);
    server.handle.stop(Stop::Graceful);
    silent.closed();
    idle.closed();
    server.join();
}

#[test]
fn requests_under_way_finish() {
    let server = TestServer::new(Limits::default().idle_grace(SHORT).shutdown_timeout(LONG));
    let mut waiting = server.wire();
    waiting.send(get("/wait"));
    let mut sending = server.wire();
    sending.send("POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234");
    let mut taking = server.wire();
    taking.send(get("/big"));
    server.wait_seen(3);
    let mut idle = server.wire();
    idle.send(get("/"));
    assert_eq!(idle.response().status, 200);
    server.handle.stop(Stop::Graceful);
    // By now the grace is over.
    idle.closed();
    sending.send("56789");
    server.app.gate.add_permits(1);
    for (wire, text) in [(&mut waiting, "waited"), (&mut sending, "10")] {
        let reply = wire.response();
        assert_eq!(reply.text(), text);
        assert_eq!(reply.header("connection"), Some("close"));
        wire.closed();
    }
    assert_eq!(taking.response().body.len(), 16 << 20);
    server.join();
}

/// They are in the system's queue when the stop signal comes; closing the socket would reset them.
#[test]
fn connections_that_were_not_accepted_yet_are_served() {
    let server = TestServer::new(patient().max_connections(1));
    let mut busy = server.wire();
    busy.send(get("/wait"));
    server.wait_seen(1);
    let mut queued: Vec<Wire> = (0..20)
        .map(|_| {
            let mut wire = server.wire();
            wire.send(get("/"));
            wire
        })
        .collect();
    server.handle.stop(Stop::Graceful);
    for wire in &mut queued {
        let reply = wire.response();
        assert_eq!(reply.text(), "hello");
        assert_eq!(reply.header("connection"), Some("close"));
    }
    server.app.gate.add_permits(1);
    assert_eq!(busy.response().text(), "waited");
    server.join();
}

#[test]
fn a_stopped_server_refuses_connections() {
    let server = TestServer::new(Limits::default());
    let address = server.address();
    server.handle.stop(Stop::Graceful);
    server.join();
    assert!(TcpStream::connect(address).is_err());
}

/// Each case is a server with one request that never ends.
#[test]
fn nothing_outlasts_the_deadline() {
    for (limits, stop) in [
        (patient().shutdown_timeout(SHORT), &[Stop::Graceful][..]),
        (patient().idle_grace(SHORT), &[Stop::Quick]),
        (patient().idle_grace(SHORT), &[Stop::Graceful, Stop::Quick]),
        (patient().idle_grace(SHORT), &[Stop::Now]),
        (patient().idle_grace(SHORT), &[Stop::Graceful, Stop::Now]),
        // A slower mode does not override a faster one.
        (patient().idle_grace(SHORT), &[Stop::Now, Stop::Graceful]),
    ] {
        let server = TestServer::new(limits);
        let mut stuck = server.wire();
        stuck.send(get("/never"));
        server.wait_seen(1);
        for stop in stop {
            server.handle.stop(*stop);
        }
        stuck.closed();
        server.join();
    }
}

#[test]
fn phases_follow_each_other() {
    let server = TestServer::new(patient());
    let handle = server.handle.clone();
    let observer = thread::spawn(move || {
        squall_server::runtime().unwrap().block_on(async {
            let mut seen = Vec::new();
            for phase in [Phase::Serving, Phase::Draining, Phase::Stopped] {
                handle.reached(phase).await;
                seen.push((handle.phase(), handle.connections()));
            }
            seen
        })
    });
    let mut wire = server.wire();
    wire.send(get("/wait"));
    server.wait_seen(1);
    assert_eq!(server.handle.phase(), Phase::Serving);
    assert_eq!(server.handle.stop_mode(), None);
    server.handle.stop(Stop::Graceful);
    assert_eq!(server.handle.stop_mode(), Some(Stop::Graceful));
    wait_until("it drains", || server.handle.phase() == Phase::Draining);
    assert_eq!(server.handle.connections(), 1);
    server.app.gate.add_permits(1);
    assert_eq!(wire.response().text(), "waited");
    server.join();
    let seen = observer.join().unwrap();
    assert_eq!(seen.last(), Some(&(Phase::Stopped, 0)));
    assert!(seen.is_sorted_by_key(|(phase, _)| *phase), "{seen:?}");
}

/// Each client sends its next request when it has the response to the last, until one has
/// `Connection: close`.
/// A request that is not answered fails its client.
#[test]
fn a_terminated_process_loses_no_request() {
    let mut process = Process::spawn(Command::new(program()).arg("127.0.0.1:0"));
    let address = process.address();
    let answered = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..16)
        .map(|_| {
            let answered = Arc::clone(&answered);
            thread::spawn(move || {
                let mut wire = Wire::connect(address);
                loop {
                    wire.send(get("/"));
                    let reply = wire.response();
                    assert_eq!(reply.text(), "hello");
                    answered.fetch_add(1, Ordering::Relaxed);
                    if reply.header("connection") == Some("close") {
                        wire.closed();
                        return;
                    }
                }
            })
        })
        .collect();
    wait_until("the clients are at it", || {
        answered.load(Ordering::Relaxed) > 2000
    });
    process.running.signal(Signal::Term);
    for client in clients {
        client.join().unwrap();
    }
    assert!(process.running.wait().success());
}

/// SIGINT gives a request under way no more than the grace; any second signal, nothing.
#[test]
fn signals_that_are_in_a_hurry() {
    for signals in [
        &[Signal::Int][..],
        &[Signal::Term, Signal::Term],
        &[Signal::Quit, Signal::Int],
    ] {
        let mut process = Process::spawn(Command::new(program()).arg("127.0.0.1:0"));
        let mut wire = Wire::connect(process.address());
        wire.send(get("/"));
        assert_eq!(wire.response().text(), "hello");
        wire.send(get("/never"));
        for signal in signals {
            process.running.signal(*signal);
            // Two signals of a kind that arrive at once are one.
            process.running.wait_line("stop signal");
        }
        wire.closed();
        assert!(process.running.wait().success());
    }
}
