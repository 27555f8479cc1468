//! Graceful shutdown: no client is lost or left waiting.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
};

use testkit::{Signal, Wire, wait_until};

use crate::house::{Program, wait_gone};

/// Connections with a request each, answered or not.
fn ask(address: SocketAddr, count: usize) -> Vec<Wire> {
    let ask = |_| {
        let mut wire = Wire::connect(address);
        wire.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
        wire
    };
    (0..count).map(ask).collect()
}

/// Panics when one is not answered.
fn answers(mut asked: Vec<Wire>) -> Vec<String> {
    asked
        .iter_mut()
        .map(|wire| wire.response().text().to_owned())
        .collect()
}

#[test]
fn starting_worker_serves_the_clients_in_its_queue() {
    let directory = testkit::temp_dir();
    let gate = directory.path().join("gate");
    let program = Program::new(&format!("1:awaits={}", gate.display()));
    let mut service = program.service(&[]);
    let address = service.address();
    service.running.wait_line("hook: 0 is ready");
    let quick = service.status().workers[0].pid;

    let before = ask(address, 64);
    service.running.signal(Signal::Term);
    wait_gone(&[quick]);
    // Only the queue of the one that starts is left.
    let after = ask(address, 64);
    fs::write(gate, "").expect("it is ours");

    let by_late = |text: &String| text.starts_with("task=1 ");
    assert!(answers(before).iter().any(by_late));
    assert!(answers(after).iter().all(by_late));
    assert!(service.running.wait().success());
}

#[test]
fn a_new_build_that_still_starts_is_not_waited_for() {
    let directory = testkit::temp_dir();
    let gate = directory.path().join("gate");
    let program = Program::new("old");
    let mut service = program.service(&[]);
    service.settled(2);
    program.deploy(&format!("awaits={}", gate.display()));
    service.running.signal(Signal::Hup);
    service.running.wait_line("generation=2");
    let asked = ask(service.address(), 64);
    service.running.signal(Signal::Term);
    let by_old = |text: &String| text.ends_with(" words=old");
    assert!(answers(asked).iter().all(by_old));
    // The gate stays closed.
    assert!(service.running.wait().success());
}

#[test]
fn clients_are_refused_once_no_worker_accepts() {
    let mut service = Program::new("").service(&[]);
    let address = service.address();
    let pids = service.pids(2);
    let mut hanging = Wire::connect(address);
    hanging.send("GET /hang HTTP/1.1\r\nHost: test\r\n\r\n");
    wait_until("the request to arrive", || {
        service.status().total().in_flight == 1
    });
    service.running.signal(Signal::Term);
    wait_until("new clients to be refused", || {
        TcpStream::connect(address).is_err()
    });
    // One worker still has its request, and the supervisor waits for it.
    let status = service.status();
    assert_eq!(status.state, "stopping");
    assert_eq!(status.listen, [address.to_string()]);
    service.running.signal(Signal::Term);
    assert!(service.running.wait().success());
    wait_gone(&pids);
}
