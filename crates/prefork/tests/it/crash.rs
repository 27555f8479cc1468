//! Sudden deaths.

use std::{
    fs,
    net::TcpListener,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use testkit::{despite_standstills, wait_for, wait_until};

use crate::house::{Program, Service, get, is_alive, signal, wait_gone};

#[test]
fn every_worker_is_restarted_a_hundred_kills_long() {
    let mut service = Program::new("").service(&["max_restarts=1000", "processes=10"]);
    for round in 0..10 {
        // Stable, so that no back-off is due: a second since it was ready.
        let stable = wait_for("the workers to be stable", || {
            let workers = service.settled(10);
            let stable = workers.iter().all(|worker| worker.uptime > 1_200);
            stable.then_some(workers)
        });
        for worker in &stable {
            assert_eq!(worker.restarts, round, "{worker:?}");
            signal(worker.pid, Signal::KILL);
            get(service.address(), "/").expect("the service answers");
        }
        wait_gone(&stable.iter().map(|worker| worker.pid).collect::<Vec<_>>());
    }
    service.settled(10);
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
    let mut service = Program::new("").service(&["worker_timeout=2.5"]);
    let pids = service.pids(2);
    signal(pids[0], Signal::STOP);
    wait_gone(&pids[..1]);
    service.running.wait_line("found=state T (stopped)");
    assert_eq!(service.pids(2)[1], pids[1]);
    service.stop();
}

#[test]
fn a_ready_worker_that_never_ticks_is_not_watched() {
    let service = Program::new("1:tickless").service(&["worker_timeout=2.5"]);
    let pids = service.pids(2);
    // The timeout of the worker that ticks has passed when it is killed; the other one was ready before.
    signal(pids[0], Signal::STOP);
    wait_gone(&pids[..1]);
    let after = service.settled(2);
    assert_eq!((after[1].pid, after[1].restarts), (pids[1], 0));
    assert_eq!(after[0].restarts, 1);
}

#[test]
fn no_worker_is_killed_after_a_standstill_of_all() {
    let mut service = Program::new("").service(&["worker_timeout=2.5"]);
    let pids = service.pids(2);
    stand_still(&service, &pids, Duration::from_secs(4));
    assert_eq!(service.pids(2), pids);
    service.stop();
}

#[test]
fn only_the_worker_that_stood_still_alone_is_killed_under_a_short_timeout() {
    // The workers have to go on within the timeout after the supervisor.
    let result = despite_standstills(Duration::from_millis(250), || {
        let mut service = Program::new("").service(&["worker_timeout=0.5"]);
        let pids = service.pids(2);
        stand_still(&service, &pids, Duration::from_millis(800));
        let after = service.pids(2);
        if after != pids {
            return Err((pids, after));
        }
        signal(pids[0], Signal::STOP);
        wait_gone(&pids[..1]);
        let after = service.pids(2);
        service.stop();
        if after[1] == pids[1] {
            Ok(())
        } else {
            Err((pids, after))
        }
    });
    assert_eq!(result, Ok(()));
}

/// Stops the supervisor and its workers for so long.
fn stand_still(service: &Service, pids: &[u32], length: Duration) {
    let supervisor = service.running.pid();
    signal(supervisor, Signal::STOP);
    for pid in pids {
        signal(*pid, Signal::STOP);
    }
    // Time that passes is the fault itself: more than the timeout.
    let began = Instant::now();
    wait_until("the workers to be overdue", || began.elapsed() > length);
    signal(supervisor, Signal::CONT);
    // The second answer comes after a whole turn of the loop, so the supervisor has looked at its
    // workers before they can send notices again.
    service.status();
    service.status();
    for pid in pids {
        let pid = Pid::from_raw(pid.cast_signed()).expect("no process has id 0");
        // It fails for a worker that was killed, as the process ids show afterwards.
        let _ = kill_process(pid, Signal::CONT);
    }
}

#[test]
fn a_stuck_event_loop_is_found_by_the_watchdog() {
    let mut service = Program::new("").service(&["worker_timeout=2.5", "processes=1"]);
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
