//! Out of descriptors: the server waits, without burning the processor, and goes on.

use std::{
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

use testkit::{Wire, wait_until};

use crate::{
    harness::get,
    process::{Process, program},
};

/// The application's process under a descriptor limit, soft and hard.
fn limited(descriptors: u32) -> Process {
    let script = format!("ulimit -n {descriptors}; exec \"$0\" 127.0.0.1:0");
    Process::spawn(Command::new("sh").arg("-c").arg(script).arg(program()))
}

/// The server rests for 100 ms after each attempt, so ten attempts take at least a second. A slow
/// machine takes longer; a loop without a rest takes a moment.
fn assert_rests(process: &Process) {
    let attempts = || process.running.output().matches("cannot accept").count();
    let (before, started) = (attempts(), Instant::now());
    wait_until("ten more attempts", || attempts() > before + 10);
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[test]
fn connections_that_find_no_descriptor_wait_for_one() {
    let process = limited(200);
    let address = process.address();
    let mut first = Wire::connect(address);
    // The application takes what is left, so that accept(2) fails.
    first.send(get("/hold"));
    assert_ne!(first.response().text(), "0");
    let mut waiting: Vec<Wire> = (0..50)
        .map(|_| {
            let mut wire = Wire::connect(address);
            wire.send(get("/"));
            wire
        })
        .collect();
    process.running.wait_line("cannot accept");
    assert_rests(&process);
    // The one that is there is served all the while.
    first.send(get("/release"));
    assert_eq!(first.response().text(), "released");
    for wire in &mut waiting {
        assert_eq!(wire.response().text(), "hello");
    }
}

#[test]
fn more_connections_than_descriptors() {
    let process = limited(40);
    let address = process.address();
    let silent: Vec<TcpStream> = (0..50)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let mut asking: Vec<Wire> = (0..50)
        .map(|_| {
            let mut wire = Wire::connect(address);
            wire.send(get("/"));
            wire
        })
        .collect();
    for mut wire in asking.drain(..) {
        assert_eq!(wire.response().text(), "hello");
        // Dropped, which makes room for the next.
    }
    drop(silent);
    let mut wire = Wire::connect(address);
    wire.send(get("/"));
    assert_eq!(wire.response().text(), "hello");
}
