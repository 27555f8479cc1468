//! Failing standard output and standard error: a closed pipe, a full disk.

use std::{
    fs::{self, OpenOptions},
    io,
    process::{Command, Output, Stdio},
    rc::Rc,
};

use testkit::{temp_dir, wait_until};

use crate::fixture::{Service, squall};

/// Commands with output that need no running service.
const ALONE: [&str; 5] = [
    "secret",
    "--help",
    "--version",
    "supervise --help",
    "static build source --output public",
];
const OF_A_SERVICE: [&str; 3] = ["status", "status --json", "reload"];

fn full() -> Stdio {
    let file = OpenOptions::new().write(true).open("/dev/full");
    file.expect("Linux has it").into()
}

fn closed() -> Stdio {
    let (reader, writer) = io::pipe().expect("a descriptor is left");
    drop(reader);
    writer.into()
}

fn run(command: &mut Command, stdout: Stdio) -> (Option<i32>, String) {
    let child = command.stdout(stdout).stderr(Stdio::piped()).spawn();
    let Output { status, stderr, .. } = child
        .expect("cargo has built it")
        .wait_with_output()
        .expect("it is our child");
    let errors = String::from_utf8(stderr).expect("UTF-8");
    (status.code(), errors)
}

fn check(case: &str, mut command: impl FnMut() -> Command) {
    // 141 is a shell's exit status for a program that SIGPIPE killed.
    let expected = (Some(141), String::new());
    assert_eq!(run(&mut command(), closed()), expected, "{case}");
    let (code, errors) = run(&mut command(), full());
    let message =
        "squall: cannot write to standard output: No space left on device (os error 28)\n";
    assert_eq!((code, &*errors), (Some(1), message), "{case}");
}

#[test]
fn closed_pipe_is_silent_and_full_disk_is_an_error() {
    let directory = temp_dir();
    fs::create_dir(directory.path().join("source")).expect("it is ours");
    for case in ALONE {
        check(case, || {
            let mut command = squall(directory.path());
            command.args(case.split(' ')).current_dir(directory.path());
            command
        });
    }
}

#[test]
fn control_commands_handle_failing_output() {
    let Some(mut service) = Service::start("") else {
        return;
    };
    service.settled(2);
    for case in OF_A_SERVICE {
        check(case, || service.command(case));
        service.settled(2);
    }
    service.stop();
}

#[test]
fn failing_stderr_keeps_the_exit_status() {
    let directory = temp_dir();
    for (case, code) in [
        ("explode", 2),
        ("status", 1),
        ("supervise --listen nowhere -- true", 2),
        ("supervise --listen 127.0.0.1:0 -- false", 3),
    ] {
        for stderr in [closed(), full()] {
            let mut command = squall(directory.path());
            command.args(case.split(' ')).stderr(stderr);
            let status = command.status().expect("cargo has built it");
            assert_eq!(status.code(), Some(code), "{case}");
        }
    }
}

#[test]
fn supervise_keeps_running_when_its_log_pipe_is_closed() {
    let directory = Rc::new(temp_dir());
    let Some(python) = testkit::outside("python3") else {
        return;
    };
    let program = directory.path().join("app.py");
    fs::write(&program, include_str!("app.py")).expect("there is room");
    let mut command = squall(directory.path());
    command
        .args("supervise --processes 1 --listen 127.0.0.1:0 --".split(' '))
        .args([&python, &program])
        .stderr(closed())
        .stdin(Stdio::null());
    let mut child = command.spawn().expect("cargo has built it");
    let status = || {
        let mut command = squall(directory.path());
        let output = command.args(["status"]).output().expect("it is built");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    wait_until("the service to run", || status().starts_with("running on"));
    let mut reload = squall(directory.path());
    let reloaded = reload.arg("reload").status().expect("it is built");
    assert!(reloaded.success());
    let mut stop = squall(directory.path());
    assert!(stop.arg("stop").status().expect("it is built").success());
    assert!(child.wait().expect("it is our child").success());
}
