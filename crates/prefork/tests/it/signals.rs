//! Signals to the supervisor.

use testkit::{Signal, wait_until};

use crate::house::{Program, get, signal, wait_gone};

#[test]
fn term_and_quit_wait_and_int_does_not() {
    for asked in [Signal::Term, Signal::Quit, Signal::Int] {
        let program = Program::new("");
        let mut service = program.service(&[]);
        let pids = service.pids(2);
        service.running.signal(asked);
        assert!(service.running.wait().success(), "{asked:?}");
        wait_gone(&pids);
    }
}

#[test]
fn a_worker_that_ignores_term_is_killed_in_the_end() {
    let mut service = Program::new("deaf").service(&["graceful_timeout=0.3"]);
    let pids = service.pids(2);
    service.running.signal(Signal::Term);
    assert!(service.running.wait().success());
    wait_gone(&pids);
    service.running.wait_line("killing a worker");
}

#[test]
fn the_second_signal_is_immediate() {
    let mut service = Program::new("deaf").service(&[]);
    let pids = service.pids(2);
    service.running.signal(Signal::Term);
    service.running.wait_line("stopping");
    service.running.signal(Signal::Int);
    assert!(service.running.wait().success());
    wait_gone(&pids);
}

#[test]
fn ttin_and_ttou_change_the_number() {
    let mut service = Program::new("").service(&[]);
    service.settled(2);
    signal(service.running.pid(), rustix::process::Signal::TTIN);
    service.settled(3);
    for _ in 0..20 {
        service.get();
    }
    for left in [2, 1] {
        signal(service.running.pid(), rustix::process::Signal::TTOU);
        service.settled(left);
        for _ in 0..20 {
            service.get();
        }
    }
    // The last one stays.
    signal(service.running.pid(), rustix::process::Signal::TTOU);
    service.settled(1);
    service.stop();
}

#[test]
fn usr1_reaches_the_workers() {
    let mut service = Program::new("").service(&[]);
    let pids = service.pids(2);
    assert_eq!(service.get().field("reopened"), "false");
    service.running.signal(Signal::Usr1);
    wait_until("the workers to hear it", || {
        service.get().field("reopened") == "true"
    });
    assert_eq!(service.pids(2), pids);
    service.stop();
}

#[test]
fn a_request_under_way_is_finished_before_term_ends_the_worker() {
    let mut service = Program::new("").service(&["graceful_timeout=0.5", "processes=1"]);
    let pids = service.pids(1);
    let address = service.address();
    let hanging = std::thread::spawn(move || get(address, "/hang").is_ok());
    wait_until("the request to arrive", || {
        service.status().total().in_flight == 1
    });
    service.running.signal(Signal::Term);
    assert!(service.running.wait().success());
    // The worker waited for it, and was killed at the deadline.
    service.running.wait_line("Signal(9)");
    assert!(!hanging.join().expect("the client does not panic"));
    wait_gone(&pids);
}
