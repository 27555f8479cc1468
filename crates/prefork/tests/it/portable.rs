//! The fallbacks of other systems, selected on Linux by `SQUALL_SYSTEM=portable`.

use std::{fs, os::unix::fs::PermissionsExt, process::Command, rc::Rc};

use testkit::Signal;

use crate::house::{Program, Service, fixture, under_load, wait_gone};

fn portable(program: &Program, arguments: &[&str]) -> Service {
    let mut command = Command::new(program.path());
    command.args(arguments).env("SQUALL_SYSTEM", "portable");
    Service::run(&mut command, &program.directory)
}

#[test]
fn workers_end_when_the_supervisor_is_killed() {
    let program = Program::new("");
    let service = portable(&program, &[]);
    let pids = service.pids(2);
    service.running.signal(Signal::Kill);
    wait_gone(&pids);
}

#[test]
fn workers_of_an_upgraded_supervisor_end_when_it_is_killed() {
    let program = Program::new("");
    let service = portable(&program, &[]);
    service.settled(2);
    service.client().upgrade().expect("the build is good");
    service.running.wait_line("replaced the supervisor");
    let pids = service.pids(2);
    service.running.signal(Signal::Kill);
    wait_gone(&pids);
}

/// It neither polls its parent nor holds anything of the supervisor's.
#[test]
fn foreign_program_ends_when_the_supervisor_is_killed() {
    let directory = Rc::new(testkit::temp_dir());
    let script = directory.path().join("server");
    fs::write(&script, "#!/bin/sh\nexec sleep 1000\n").expect("there is room");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let mut command = Command::new(fixture());
    command
        .arg(format!("command={}", script.display()))
        .arg("exec=1")
        .env("SQUALL_SYSTEM", "portable");
    let service = Service::run(&mut command, &directory);
    let pids = service.pids(2);
    service.running.signal(Signal::Kill);
    wait_gone(&pids);
}

#[test]
fn worker_whose_supervisor_is_killed_at_once_does_not_become_one() {
    for system in ["linux", "portable"] {
        for _ in 0..10 {
            let program = Program::new("");
            let mut command = Command::new(program.path());
            command.arg("exec=1").env("SQUALL_SYSTEM", system);
            let service = Service::run(&mut command, &program.directory);
            service.running.wait_line("worker started task_id=1");
            service.running.signal(Signal::Kill);
            let address = service.address();
            testkit::wait_until("the port to be free", || {
                std::net::TcpListener::bind(address).is_ok()
            });
            let output = service.running.output();
            assert_eq!(output.matches("listening").count(), 1, "{system}: {output}");
        }
    }
}

#[test]
fn shared_sockets_lose_nothing_during_reloads() {
    let program = Program::new("v0");
    let mut service = portable(&program, &[]);
    service.settled(2);
    let address = service.address();
    assert_eq!(listeners(address.port()), 1, "one socket for all workers");
    let answered = under_load(address, 3, || {
        for round in 1..=5 {
            program.deploy(&format!("v{round}"));
            service.client().reload().expect("the build is good");
        }
    });
    service.settled(2);
    assert_eq!(service.get().field("words"), "v5");
    testkit::wait_until("every request to be counted", || {
        service.status().total().requests() == answered + 1
    });
    service.stop();
}

#[test]
fn upgrade_passes_its_state_through_a_file() {
    let program = Program::new("v0");
    let mut service = portable(&program, &["processes=3"]);
    service.settled(3);
    let address = service.address();
    let answered = under_load(address, 2, || {
        for round in 1..=3 {
            program.deploy(&format!("v{round}"));
            assert_eq!(service.client().upgrade().expect("good"), round + 1);
            service.settled(3);
        }
    });
    testkit::wait_until("every request to be counted", || {
        service.status().total().requests() == answered
    });
    assert_eq!(service.status().generation, 4);
    service.stop();
}

#[test]
fn failed_upgrade_changes_nothing() {
    let supervisor = Program::new("");
    let worker = Program::new("worker");
    let command = format!("command={}", worker.path().display());
    let mut service = portable(&supervisor, &[&command]);
    service.settled(2);
    supervisor.deploy_garbage();
    service.running.signal(Signal::Usr2);
    service
        .running
        .wait_line("cannot replace the supervisor, the old one goes on");
    service.settled(2);
    assert_eq!(service.get().field("words"), "worker");
    service.stop();
}

fn listeners(port: u16) -> usize {
    let table = fs::read_to_string("/proc/net/tcp").expect("Linux has it");
    let local = format!("0100007F:{port:04X}");
    table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields.get(1) == Some(&local.as_str()) && fields.get(3) == Some(&"0A"))
        .count()
}
