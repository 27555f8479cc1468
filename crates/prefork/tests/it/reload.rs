//! New first, ready, then the old one goes.

use std::{fs, process::Command};

use testkit::Signal;

use crate::house::{Program, Service, get, signal, under_load, wait_gone};

#[test]
fn reload_starts_the_program_that_is_on_disk_now() {
    let program = Program::new("old");
    let mut service = program.service(&[]);
    let before = service.pids(2);
    program.deploy("new");
    assert_eq!(service.client().reload().expect("the new build is good"), 2);
    wait_gone(&before);
    assert_eq!(service.settled(2)[0].generation, 2);
    assert_eq!(service.get().field("words"), "new");
    service.stop();
}

#[test]
fn a_bad_build_never_goes_live() {
    type Deploy = fn(&Program);
    let cases: [(&str, Deploy, &str); 5] = [
        (
            "panics",
            |program| program.deploy("panic"),
            "ended before it was ready",
        ),
        (
            "panics in the last slot",
            |program| program.deploy("1:panic"),
            "before it was ready",
        ),
        (
            "never ready",
            |program| program.deploy("silent"),
            "was not ready within 2s",
        ),
        ("garbage", Program::deploy_garbage, "could not be started"),
        (
            "deleted",
            |program| fs::remove_file(program.path()).expect("ours"),
            "could not be started",
        ),
    ];
    for (name, deploy, reason) in cases {
        let program = Program::new("old");
        let mut service = program.service(&["start_timeout=2"]);
        service.settled(2);
        deploy(&program);
        let error = service.client().reload().expect_err(name).to_string();
        assert!(error.contains(reason), "{name}: {error}");
        let status = service.status();
        assert_eq!(status.generation, 1, "{name}");
        assert!(
            status
                .reload_error
                .is_some_and(|error| error.contains(reason)),
            "{name}"
        );
        for worker in service.settled(2) {
            assert_eq!(service.get().field("words"), "old", "{name}");
            // A crash comes back from the old build, which is on disk no more.
            signal(worker.pid, rustix::process::Signal::KILL);
        }
        service.running.wait_line("Signal(9)");
        service.settled(2);
        assert_eq!(service.get().field("words"), "old", "{name}");
        service.stop();
    }
}

#[test]
fn no_request_is_lost_under_load() {
    let program = Program::new("v0");
    let mut service = program.service(&[]);
    service.settled(2);
    let answered = under_load(service.address(), 8, || {
        for round in 1..=6 {
            program.deploy(&format!("v{round}"));
            service.client().reload().expect("the build is good");
        }
    });
    service.settled(2);
    // Counters arrive soon after the answer they count.
    testkit::wait_until("every request to be counted", || {
        service.status().total().requests() == answered
    });
    service.stop();
}

#[test]
fn a_storm_of_reloads_ends_in_order() {
    let program = Program::new("");
    let mut service = program.service(&[]);
    // From here on it handles signals, and its workers still boot.
    service.running.wait_line("listening");
    for _ in 0..200 {
        service.running.signal(Signal::Hup);
    }
    service.running.wait_line("reloaded");
    service.settled(2);
    for _ in 0..20 {
        service.running.signal(Signal::Hup);
        service.get();
    }
    service.settled(2);
    service.stop();
}

#[test]
fn stopping_during_a_reload() {
    let program = Program::new("old");
    let mut service = program.service(&[]);
    let pids = service.pids(2);
    program.deploy("silent");
    service.running.signal(Signal::Hup);
    service.running.wait_line("generation=2");
    service.stop();
    wait_gone(&pids);
    service.running.wait_line("the supervisor is stopping");
}

#[test]
fn a_broken_service_is_cured_by_a_reload() {
    let directory = testkit::temp_dir();
    let cure = directory.path().join("cure");
    let program = Program::new(&format!("1:needs={}", cure.display()));
    let mut service = program.service(&[]);
    service.running.wait_line("hook: 0 is ready");
    service.client().reload().expect_err("task 1 still fails");
    fs::write(cure, "").expect("it is ours");
    service.client().reload().expect("it can boot now");
    service.settled(2);
    service.stop();
}

#[test]
fn workers_are_recycled_by_requests_and_by_memory() {
    let program = Program::new("");
    let mut service = program.service(&["processes=1", "max_requests=5"]);
    let first = service.pids(1);
    for _ in 0..5 {
        service.get();
    }
    wait_gone(&first);
    assert_eq!(service.settled(1)[0].restarts, 0);
    service.stop();

    let mut service = Program::new("").service(&["processes=1", "max_rss=150"]);
    let first = service.pids(1);
    get(service.address(), "/grow/200").expect("there is memory");
    wait_gone(&first);
    service.settled(1);
    service.stop();
}

#[test]
fn max_rss_below_the_start_size_is_logged_with_the_figures() {
    let mut service = Program::new("").service(&["processes=1", "max_rss=1"]);
    let line = service.running.wait_line("max_rss is too low");
    assert!(line.contains("max_rss=1.0 MiB"), "{line}");
    assert!(line.contains("rss="), "{line}");
    assert!(line.contains("replaced_in=60s"), "{line}");
    let pids = service.pids(1);
    service.get();
    assert_eq!(service.pids(1), pids);
    service.stop();
}

#[test]
fn refused_reload_names_the_program_and_the_reason() {
    for system in ["linux", "portable"] {
        let program = Program::new("v1");
        let mut command = Command::new(program.path());
        command.env("SQUALL_SYSTEM", system);
        let mut service = Service::run(&mut command, &program.directory);
        service.settled(2);
        let path = program.path().display().to_string();
        for (content, mode, reason) in [
            (
                "#!/no/such/interpreter\n",
                0o755,
                "the interpreter in its first line is missing",
            ),
            ("words", 0o755, "neither a program nor a script"),
            ("#!/bin/sh\n", 0o644, "not an executable file"),
        ] {
            program.deploy_file(content, mode);
            let error = service.client().reload().expect_err(reason).to_string();
            assert!(
                error.contains(&path) && error.contains(reason),
                "{system}: {error}"
            );
        }
        service.settled(2);
        service.stop();
    }
}
