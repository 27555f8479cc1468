//! The attributes that workers inherit, reported by real workers of a supervisor with a strange parent.

use std::{collections::BTreeMap, process::Command};

use testkit::{Running, Signal, wait_until};

use crate::house::{Program, Service, fixture, get, is_alive, wait_gone};

/// Signals 32 and 33, whose disposition a program cannot change.
const OF_THE_C_LIBRARY: u64 = 1 << 31 | 1 << 32;

/// A parent with unusual attributes: `env` is GNU's, which sets masks and dispositions.
fn strange_parent(program: &std::path::Path) -> Option<Command> {
    let env = testkit::outside("env")?;
    let mut command = Command::new(env);
    command
        .args(["--block-signal", "--ignore-signal=HUP,CHLD,TSTP,USR2,PIPE"])
        .args(["LISTEN_PIDFDID=12345", "LISTEN_PID=1", "LISTEN_FUTURE=1"])
        .args(["FDSTORE=512", "WATCHDOG_PID=1", "WATCHDOG_USEC=3000000"])
        .args(["MAINPID=1", "SYSTEMD_EXEC_PID=1", "SQUALL_HANDOVER=1"])
        .args(["INVOCATION_ID=abc", "JOURNAL_STREAM=1:2", "HOME=/nowhere"])
        .args([
            "SQUALL_TASK_ID=7",
            "SQUALL_GENERATION=7",
            "SQUALL_SUPERVISOR=1",
        ])
        .args(["FIXTURE=report", "sh", "-c"])
        .arg(
            "umask 027; ulimit -n 999; echo 77 > /proc/self/oom_score_adj; \
             exec 9</dev/zero; exec nice -n 3 \"$@\"",
        )
        .arg("sh")
        .arg(program);
    Some(command)
}

fn inherited(running: &Running) -> BTreeMap<String, String> {
    // Readiness is faster than the pipe.
    running.wait_line("inherited everything");
    let output = running.output();
    let lines = output
        .lines()
        .filter_map(|line| line.strip_prefix("inherited "));
    let pairs = lines.filter_map(|line| line.split_once(' '));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn workers_inherit_as_the_table_has_it() {
    let program = Program::new("");
    for foreign in [false, true] {
        let path = if foreign { fixture() } else { program.path() };
        let Some(mut command) = strange_parent(&path) else {
            return;
        };
        command
            .current_dir(program.directory.path())
            .env_remove("PWD");
        command.args(["processes=1", "worker_timeout=40"]);
        if foreign {
            command.arg(format!("command={}", program.path().display()));
        }
        let mut service = Service::run(&mut command, &program.directory);
        let pid = service.pids(1)[0];
        let found = inherited(&service.running);
        let has = |name: &str| found.get(name).map(String::as_str);
        for removed in [
            "LISTEN_PIDFDID",
            "LISTEN_FUTURE",
            "FDSTORE",
            "WATCHDOG_PID",
            "MAINPID",
            "SYSTEMD_EXEC_PID",
            "SQUALL_HANDOVER",
            "SQUALL_PROGRAM",
            "SQUALL_PROGRAM_PASSED",
        ] {
            assert_eq!(
                has(&format!("${removed}")),
                None,
                "{removed}, foreign: {foreign}"
            );
        }
        let own = pid.to_string();
        let supervisor = service.running.pid().to_string();
        let directory = program.directory.path().canonicalize().expect("it is ours");
        let directory = directory.display().to_string();
        for (name, value) in [
            ("$LISTEN_FDS", Some("1")),
            ("$LISTEN_FDNAMES", Some("squall")),
            ("$LISTEN_PID", foreign.then_some(&*own)),
            ("$WATCHDOG_USEC", Some("40000000")),
            ("$SQUALL_TASK_ID", Some("0")),
            ("$SQUALL_GENERATION", Some("1")),
            ("$SQUALL_SUPERVISOR", Some(&*supervisor)),
            ("$INVOCATION_ID", Some("abc")),
            ("$JOURNAL_STREAM", Some("1:2")),
            ("$HOME", Some("/nowhere")),
            ("$PWD", Some(&*directory)),
            ("SigBlk", Some("0000000000000000")),
            ("Umask", Some("0027")),
            ("pid", Some(&*own)),
            ("group", Some(&*own)),
            ("nice", Some("3")),
            ("oom", Some("77")),
            ("fd0", Some("/dev/null")),
            ("fd9", Some("/dev/zero")),
        ] {
            assert_eq!(has(name), value, "{name}, foreign: {foreign}");
        }
        let ignored = has("SigIgn").and_then(|set| u64::from_str_radix(set, 16).ok());
        let ignored = ignored.expect("a set of signals") & !OF_THE_C_LIBRARY;
        // Rust programs ignore SIGPIPE by themselves.
        assert_eq!(ignored, 1 << 12, "foreign: {foreign}");
        assert_ne!(has("session"), Some(&*own), "foreign: {foreign}");
        let output = service.running.output();
        let files = output.lines().find(|line| line.contains("Max open files"));
        let files: Vec<&str> = files.unwrap_or_default().split_whitespace().collect();
        assert_eq!(files[4..6], ["999", "999"], "foreign: {foreign}");
        let sockets = found
            .iter()
            .filter(|(name, target)| name.starts_with("fd") && target.starts_with("socket:"));
        let sockets: Vec<&str> = sockets.map(|(name, _)| name.as_str()).collect();
        assert_eq!(sockets, ["fd3"], "foreign: {foreign}");
        let others = ["fd0", "fd1", "fd2", "fd3", "fd9"];
        let open = found
            .iter()
            .filter_map(|(name, target)| Some((name.strip_prefix("fd")?, target)));
        // The parent of this test may have left some open.
        let is_older = |number: &str, target: &str| {
            let ours = std::fs::read_link(format!("/proc/self/fd/{number}"));
            ours.is_ok_and(|ours| ours.as_os_str() == target)
        };
        let leaked: Vec<(&str, &String)> = open
            .filter(|(number, target)| !is_older(number, target))
            .filter(|(number, _)| !others.contains(&&*format!("fd{number}")))
            .collect();
        assert_eq!(leaked, [], "foreign: {foreign}");
        service.stop();
    }
}

#[test]
fn signals_that_the_parent_blocked_or_ignored_work() {
    for signal in [Signal::Term, Signal::Int, Signal::Quit] {
        let program = Program::new("");
        let Some(mut command) = strange_parent(&program.path()) else {
            return;
        };
        let mut service = Service::run(&mut command, &program.directory);
        let pids = service.pids(2);
        // SIGCHLD: a worker that is killed is noticed and replaced.
        crate::house::signal(pids[0], rustix::process::Signal::KILL);
        wait_gone(&pids[..1]);
        let pids = service.pids(2);
        service.running.signal(Signal::Hup);
        service.running.wait_line("reloaded generation=2");
        wait_gone(&pids);
        service.settled(2);
        service.running.signal(signal);
        assert!(service.running.wait().success(), "{signal:?}");
    }
}

#[test]
fn a_program_alone_stops_though_its_parent_blocked_sigterm() {
    let program = Program::new("");
    let Some(mut command) = strange_parent(&program.path()) else {
        return;
    };
    command.args(["alone", "listen=127.0.0.1:0"]);
    let mut running = Running::spawn(&mut command);
    wait_until("the handlers", || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", running.pid()));
        let status = status.unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
        caught.is_some_and(|set| set & 1 << 14 != 0)
    });
    running.signal(Signal::Term);
    assert!(running.wait().success());
}

#[test]
fn workers_stop_with_a_killed_supervisor_though_its_parent_blocked_sigterm() {
    for foreign in [false, true] {
        let program = Program::new("");
        let path = if foreign { fixture() } else { program.path() };
        let Some(mut command) = strange_parent(&path) else {
            return;
        };
        if foreign {
            command.arg(format!("command={}", program.path().display()));
        }
        let service = Service::run(&mut command, &program.directory);
        let pids = service.pids(2);
        let address = service.address();
        get(address, "/").expect("it serves");
        service.running.signal(Signal::Kill);
        wait_gone(&pids);
        assert!(pids.iter().all(|&pid| !is_alive(pid)));
        get(address, "/").expect_err("nothing is left on the port");
    }
}
