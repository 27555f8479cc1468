//! The supervisor replaces itself without losing anything.

use std::fs;

use testkit::{Signal, wait_until};

use crate::house::{Program, signal, under_load, wait_gone};

/// The executable of the supervisor's process. A replaced file is marked by the kernel.
fn executable(pid: u32) -> String {
    fs::read_link(format!("/proc/{pid}/exe"))
        .expect("it is alive")
        .display()
        .to_string()
}

fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd"))
        .expect("it is alive")
        .count()
}

#[test]
fn the_process_id_the_sockets_and_the_counters_stay() {
    let program = Program::new("v0");
    let unix = format!(
        "listen=unix:{}/app.sock",
        program.directory.path().display()
    );
    let mut service = program.service(&[&unix]);
    service.settled(2);
    let pid = service.running.pid();
    let address = service.address();
    let mut open = None;
    let answered = under_load(address, 1, || {
        for round in 1..=3 {
            program.deploy(&format!("v{round}"));
            let generation = service.client().upgrade().expect("the build is good");
            assert_eq!(generation, round + 1);
            wait_until("the supervisor to be the new file", || {
                !executable(pid).ends_with("(deleted)")
            });
            service.settled(2);
            assert_eq!(service.status().pid, pid);
            let before = *open.get_or_insert(descriptors(pid));
            wait_until("no more descriptors than before", || {
                descriptors(pid) <= before
            });
        }
    });
    service.settled(2);
    assert_eq!(service.get().field("words"), "v3");
    wait_until("every request to be counted", || {
        service.status().total().requests() == answered + 1
    });
    // Everything still works: restart, reload, scale, stop.
    let pids = service.pids(2);
    signal(pids[1], rustix::process::Signal::KILL);
    wait_gone(&pids[1..]);
    service.settled(2);
    service.client().reload().expect("the build is good");
    service.client().scale(3).expect("that is allowed");
    service.settled(3);
    service.stop();
    assert!(!program.directory.path().join("app.sock").exists());
    assert!(!program.directory.path().join("control").exists());
}

#[test]
fn workers_still_notice_when_the_supervisor_dies() {
    let program = Program::new("");
    let service = program.service(&[]);
    service.settled(2);
    service.client().upgrade().expect("the build is good");
    service.running.wait_line("replaced the supervisor");
    let pids = service.pids(2);
    service.running.signal(Signal::Kill);
    wait_gone(&pids);
}

#[test]
fn a_bad_build_does_not_become_the_supervisor() {
    let program = Program::new("old");
    let mut service = program.service(&[]);
    let pids = service.pids(2);
    program.deploy("panic");
    service.running.signal(Signal::Usr2);
    service.running.wait_line("the reload failed");
    assert_eq!(service.pids(2), pids);
    program.deploy_garbage();
    service
        .client()
        .upgrade()
        .expect_err("garbage is no program");
    assert_eq!(service.pids(2), pids);
    service.stop();
}

#[test]
fn a_supervisor_of_another_program_upgrades_itself_alone() {
    let supervisor = Program::new("");
    let worker = Program::new("worker");
    let command = format!("command={}", worker.path().display());
    let mut service = supervisor.service(&[&command]);
    service.settled(2);
    // Garbage in its own place is noticed only after the reload, and changes nothing.
    supervisor.deploy_garbage();
    service.running.signal(Signal::Usr2);
    service
        .running
        .wait_line("cannot replace the supervisor, the old one goes on");
    service.settled(2);
    supervisor.deploy("");
    service.running.signal(Signal::Usr2);
    service.running.wait_line("replaced the supervisor");
    service.settled(2);
    assert_eq!(service.get().field("words"), "worker");
    service.stop();
}
