//! The supervisor's log on a pipe that is full and not read.

use std::{fs::OpenOptions, io::Write, process::Command};

use testkit::{Running, temp_dir, wait_until};

use crate::fixture::{run, squall};

/// The capacity of a pipe on Linux.
const CAPACITY: usize = 65_536;

#[test]
fn supervisor_runs_and_stops_while_its_log_pipe_is_full() {
    let directory = temp_dir();
    let log = directory.path().join("log");
    let made = Command::new("mkfifo").arg(&log).status();
    assert!(made.expect("coreutils are installed").success());
    let open = OpenOptions::new().read(true).write(true).open(&log);
    let mut pipe = open.expect("it is ours");
    pipe.write_all(&[b'\n'; CAPACITY]).expect("it is empty");
    let mut command = squall(directory.path());
    command
        .args([
            "supervise",
            "--processes",
            "2",
            "--ready-when",
            "exec",
            "--",
        ])
        .args(["sleep", "1000"]);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "exec \"$0\" \"$@\" 2>\"$LOG\""])
        .arg(command.get_program())
        .args(command.get_args())
        .env("LOG", &log);
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let mut running = Running::spawn(&mut shell);
    wait_until("the workers", || {
        run(directory.path(), "status")
            .output
            .starts_with("running")
    });
    let result = run(directory.path(), "reload");
    assert_eq!(
        result.output, "reloaded: generation 2 is serving\n",
        "{result:?}"
    );
    let result = run(directory.path(), "stop");
    assert_eq!(result.code, Some(0), "{result:?}");
    assert!(running.wait().success());
}
