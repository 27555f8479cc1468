//! Out of descriptors: the server waits, without burning the processor, and goes on.

use std::{
    fs,
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

/// How long the process has used a processor, in ticks of 10 ms: fields 14 and 15 of proc_pid_stat(5).
fn ticks(process: &Process) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.running.pid())).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let fields = fields.split(' ').skip(11).take(2);
    fields.map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

/// A second passes; a loop without a rest would use all of it.
fn assert_rests(process: &Process) {
    let (before, started) = (ticks(process), Instant::now());
    wait_until("a second has passed", || {
        started.elapsed() > Duration::from_secs(1)
    });
    let used = ticks(process) - before;
    assert!(used < 40, "{used} ticks of 100");
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
    assert_rests(&process);
    for mut wire in asking.drain(..) {
        assert_eq!(wire.response().text(), "hello");
        // Dropped, which makes room for the next.
    }
    drop(silent);
    let mut wire = Wire::connect(address);
    wire.send(get("/"));
    assert_eq!(wire.response().text(), "hello");
}
