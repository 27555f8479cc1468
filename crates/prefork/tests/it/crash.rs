//! Sudden deaths.

use std::fs;
use std::net::TcpListener;
use std::time::Instant;

use rustix::process::Signal;
use testkit::wait_until;

use crate::house::{Program, get, is_alive, signal, wait_gone};

#[test]
fn one_worker_a_hundred_times() {
    let mut service = Program::new("").service(&["max_restarts=1000"]);
    service.settled(2);
    for round in 1..=100 {
        let worker = &service.settled(2)[1];
        assert_eq!((worker.task_id, worker.restarts), (1, round - 1));
        // Stable, so that no back-off is due: a second since it was ready.
        let pid = worker.pid;
        wait_until("the worker to be stable", || {
            service
                .status()
                .workers
                .iter()
                .any(|one| one.pid == pid && one.uptime > 1_200)
        });
        signal(pid, Signal::KILL);
        get(service.address(), "/").expect("the service answers");
        wait_gone(&[pid]);
    }
    service.settled(2);
    service.stop();
}

#[test]
fn all_workers_at_once() {
    let mut service = Program::new("").service(&[]);
    let pids = service.pids(2);
    for pid in &pids {
        signal(*pid, Signal::KILL);
    }
    // Their queues wait: no client is refused.
    for _ in 0..20 {
        service.get();
    }
    wait_gone(&pids);
    assert_eq!(service.settled(2).len(), 2);
    assert_eq!(service.status().restarts, 2);
    service.stop();
}

#[test]
fn counters_outlive_their_worker() {
    let mut service = Program::new("").service(&["processes=1"]);
    for _ in 0..7 {
        service.get();
    }
    wait_until("the requests to be counted", || {
        service.status().total().requests() == 7
    });
    let pids = service.pids(1);
    signal(pids[0], Signal::KILL);
    wait_gone(&pids);
    assert_eq!(service.settled(1)[0].counters.requests(), 0);
    assert_eq!(service.status().total().requests(), 7);
    service.stop();
}

#[test]
fn the_supervisor() {
    let service = Program::new("").service(&[]);
    let pids = service.pids(2);
    let address = service.address();
    service.running.signal(testkit::Signal::Kill);
    wait_gone(&pids);
    wait_until("the port to be free", || TcpListener::bind(address).is_ok());
}

#[test]
fn the_supervisor_while_workers_are_stopped() {
    let service = Program::new("").service(&[]);
    let pids = service.pids(2);
    signal(pids[0], Signal::STOP);
    service.running.signal(testkit::Signal::Kill);
    wait_gone(&pids[1..]);
    signal(pids[0], Signal::CONT);
    wait_gone(&pids);
}

#[test]
fn a_stopped_worker_is_found_by_the_watchdog() {
    let mut service = Program::new("").service(&["worker_timeout=0.5"]);
    let pids = service.pids(2);
    signal(pids[0], Signal::STOP);
    wait_gone(&pids[..1]);
    service.running.wait_line("found=state T (stopped)");
    assert_eq!(service.pids(2)[1], pids[1]);
    service.stop();
}

#[test]
fn nobody_is_blamed_for_a_standstill_of_all() {
    let mut service = Program::new("").service(&["worker_timeout=0.5"]);
    let pids = service.pids(2);
    let supervisor = service.running.pid();
    signal(supervisor, Signal::STOP);
    for pid in &pids {
        signal(*pid, Signal::STOP);
    }
    let began = Instant::now();
    wait_until("the workers to be overdue", || {
        began.elapsed().as_millis() > 2_500
    });
    signal(supervisor, Signal::CONT);
    // It looks at its workers before they can speak again.
    let asked = Instant::now();
    wait_until("the supervisor to look", || {
        asked.elapsed().as_millis() > 200
    });
    for pid in &pids {
        signal(*pid, Signal::CONT);
    }
    assert_eq!(service.pids(2), pids);
    service.stop();
}

#[test]
fn a_stuck_event_loop_is_found_by_the_watchdog() {
    let mut service = Program::new("").service(&["worker_timeout=0.5", "processes=1"]);
    let pids = service.pids(1);
    get(service.address(), "/stick").expect("the answer comes before the trouble");
    wait_gone(&pids);
    service.settled(1);
    assert_eq!(service.status().restarts, 1);
    service.stop();
}

#[test]
fn children_of_a_worker_do_not_keep_the_port() {
    let mut service = Program::new("child").service(&["processes=1"]);
    let pid = service.pids(1)[0];
    let children = children_of(pid);
    assert_eq!(children.len(), 1);
    signal(pid, Signal::KILL);
    wait_gone(&children);
    let children = children_of(service.pids(1)[0]);
    let address = service.address();
    service.stop();
    assert!(!is_alive(children[0]));
    TcpListener::bind(address).expect("the port is free");
}

fn children_of(pid: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let list = list.expect("the process is there");
    list.split_whitespace()
        .map(|pid| pid.parse().expect("a process id"))
        .collect()
}
