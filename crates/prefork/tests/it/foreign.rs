//! Programs that are not this one, in languages that are not this one.

use std::{fs, os::unix::fs::PermissionsExt, process::Command, rc::Rc};

use testkit::{Running, wait_for};

use crate::house::{Program, Service, fixture, get, signal, wait_gone};

/// Socket activation as `sd_listen_fds(3)` has it, with nothing but the standard library.
const PYTHON: &str = r#"#!/usr/bin/env python3
import os, signal, socket, sys
assert int(os.environ["LISTEN_PID"]) == os.getpid()
sockets = [socket.socket(fileno=3 + n) for n in range(int(os.environ["LISTEN_FDS"]))]
assert os.environ["LISTEN_FDNAMES"] == "squall"
task = os.environ["SQUALL_TASK_ID"]
broken = os.environ.get("BROKEN")
if broken and task == "1" and os.path.exists(broken):
    sys.exit(int(os.environ["STATUS"]))
left = int(os.environ.get("MAX_REQUESTS", "1000000"))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.sendto(b"READY=1\nSTATUS=snake", os.environ["NOTIFY_SOCKET"])
sockets[0].setblocking(True)
while left:
    left -= 1
    connection, _ = sockets[0].accept()
    connection.recv(1000)
    body = "task=%s pid=%d words=VERSION" % (os.environ["SQUALL_TASK_ID"], os.getpid())
    connection.sendall(("HTTP/1.0 200 OK\r\n\r\n" + body).replace("HTTP/1.0", "HTTP/1.1").encode())
    connection.close()
"#;

#[test]
fn a_python_program_is_activated_reloaded_and_watched() {
    if testkit::outside("python3").is_none() {
        return;
    }
    let directory = Rc::new(testkit::temp_dir());
    let script = directory.path().join("server.py");
    let deploy = |version: &str| {
        let beside = directory.path().join("new");
        fs::write(&beside, PYTHON.replace("VERSION", version)).expect("there is room");
        fs::set_permissions(&beside, fs::Permissions::from_mode(0o755)).expect("it is ours");
        fs::rename(&beside, &script).expect("it is ours");
    };
    deploy("old");
    let mut command = Command::new(fixture());
    command.arg(format!("command={}", script.display()));
    let service = Service::run(&mut command, &directory);
    let workers = service.settled(2);
    assert_eq!(workers[0].note.as_deref(), Some("snake"));
    assert_eq!(service.get().field("words"), "old");
    deploy("new");
    service.client().reload().expect("the script is good");
    service.settled(2);
    assert_eq!(service.get().field("words"), "new");
    let pids = service.pids(2);
    signal(pids[0], rustix::process::Signal::KILL);
    wait_gone(&pids[..1]);
    service.settled(2);
    deploy("this is \" no python");
    service.client().reload().expect_err("the script is bad");
    assert_eq!(service.get().field("words"), "new");
    let pids = service.pids(2);
    // It is not aware of supervisors, and ends with its supervisor all the same.
    service.running.signal(testkit::Signal::Kill);
    wait_gone(&pids);
}

#[test]
fn a_compiled_program_keeps_its_generation() {
    let program = Program::new("old");
    let directory = Rc::clone(&program.directory);
    let mut command = Command::new(fixture());
    // It would listen itself if it did not find out that it is a worker.
    command.arg(format!("command={} processes=2", program.path().display()));
    let mut service = Service::run(&mut command, &directory);
    let pids = service.pids(2);
    assert_eq!(service.get().field("words"), "old");
    let name = fs::read_to_string(format!("/proc/{}/comm", pids[0])).expect("it is alive");
    assert_eq!(name.trim(), "program");
    program.deploy("panic");
    signal(pids[0], rustix::process::Signal::KILL);
    wait_gone(&pids[..1]);
    service.settled(2);
    for _ in 0..10 {
        assert_eq!(service.get().field("words"), "old");
    }
    service.stop();
}

#[test]
fn a_program_that_is_not_there() {
    let directory = Rc::new(testkit::temp_dir());
    let mut command = Command::new(fixture());
    command.arg("command=/missing/program");
    let mut service = Service::run(&mut command, &directory);
    assert_eq!(service.running.wait().code(), Some(3));
    service
        .running
        .wait_line("/missing/program: No such file or directory");
}

#[test]
fn as_pid_1_it_reaps_strangers_and_is_not_misled_by_them() {
    let Some(unshare) = testkit::outside("unshare") else {
        return;
    };
    let works = Command::new(&unshare)
        .args(["--pid", "--fork", "true"])
        .status();
    if !works.is_ok_and(|status| status.success()) {
        return;
    }
    let program = Program::new("");
    let mut command = Command::new(unshare);
    command
        .args(["--pid", "--fork", "--mount-proc", "--kill-child"])
        .arg(program.path());
    let mut service = Service::run(&mut command, &program.directory);
    service.settled(2);
    let address = service.address();
    // Their exit status 0 must not look like a worker's end.
    for _ in 0..5 {
        get(address, "/orphan").expect("the service answers");
    }
    let zombies = || {
        let children = Command::new("ps")
            .args(["-eo", "stat,args"])
            .output()
            .expect("ps");
        String::from_utf8_lossy(&children.stdout)
            .lines()
            .filter(|line| line.starts_with('Z') && line.contains("sh"))
            .count()
    };
    wait_for("the orphans to be reaped", || {
        (zombies() == 0).then_some(())
    });
    let status = service.status();
    assert_eq!((status.pid, status.restarts), (1, 0));
    service.client().stop().expect("it answers");
    let running: &mut Running = &mut service.running;
    assert!(running.wait().success(), "{}", running.output());
}

/// Starts two workers of `PYTHON`, which serves its first socket alone.
fn python(
    settings: &[&str],
    variables: &[(&str, &str)],
) -> Option<(Service, Rc<testkit::TempDir>)> {
    testkit::outside("python3")?;
    let directory = Rc::new(testkit::temp_dir());
    let script = directory.path().join("server.py");
    fs::write(&script, PYTHON.replace("VERSION", "python")).expect("there is room");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let mut command = Command::new(fixture());
    command
        .arg(format!("command={}", script.display()))
        .args(settings)
        .envs(variables.iter().copied())
        .env("BROKEN", directory.path().join("broken"));
    Some((Service::run(&mut command, &directory), directory))
}

/// Every client gets an answer, wherever the kernel puts its connection.
fn serves_all(service: &Service) {
    for _ in 0..20 {
        assert_eq!(service.get().field("words"), "python");
    }
}

#[test]
fn no_client_hangs_when_a_program_that_takes_one_socket_fails_or_finishes() {
    for balance in [&["balance="][..], &[]] {
        for (status, restart) in [
            ("1", "always"),
            ("0", "always"),
            ("1", "on-failure"),
            ("0", "on-failure"),
            ("1", "never"),
        ] {
            let restart_setting = format!("restart={restart}");
            let mut settings = balance.to_vec();
            settings.push(&restart_setting);
            let Some((mut service, directory)) = python(&settings, &[("STATUS", status)]) else {
                return;
            };
            let pids = service.pids(2);
            fs::write(directory.path().join("broken"), "").expect("there is room");
            signal(pids[1], rustix::process::Signal::KILL);
            wait_gone(&pids[1..]);
            let case = format!("{balance:?}, status {status}, {restart}");
            let is_finished = restart == "never" || (restart == "on-failure" && status == "0");
            let [_, second] = wait_for(&case, || {
                let workers = <[_; 2]>::try_from(service.status().workers).ok()?;
                let state = if is_finished { "finished" } else { "failing" };
                (workers[1].state == state && (is_finished || workers[1].restarts > 3))
                    .then_some(workers)
            });
            assert_eq!(second.task_id, 1, "{case}");
            serves_all(&service);
            if restart == "always" {
                fs::remove_file(directory.path().join("broken")).expect("it is there");
                service.settled(2);
                serves_all(&service);
                service.client().reload().expect("the program is good");
                service.settled(2);
                serves_all(&service);
            }
            service.stop();
        }
    }
}

#[test]
fn removed_slots_of_a_program_that_takes_one_socket_leave_no_client_behind() {
    let Some((mut service, _directory)) = python(&["balance=", "processes=4"], &[]) else {
        return;
    };
    service.settled(4);
    for processes in [1, 3, 2] {
        service.client().scale(processes).expect("that is allowed");
        service.settled(processes);
        serves_all(&service);
    }
    service.stop();
}

#[test]
fn a_program_that_ends_after_its_own_max_requests_is_replaced() {
    let variables = [("MAX_REQUESTS", "10")];
    let Some((mut service, _directory)) = python(&["max_restarts=1"], &variables) else {
        return;
    };
    for _ in 0..3 {
        let ready = service.settled(2);
        let pids: Vec<u32> = ready.iter().map(|worker| worker.pid).collect();
        let longest = ready.iter().map(|worker| worker.uptime).max();
        // An exit within a second of being ready counts as a failure.
        let enough = longest.unwrap_or_default() + 1500;
        wait_for("the workers to serve for a while", || {
            let status = service.status();
            status
                .workers
                .iter()
                .all(|worker| worker.uptime > enough)
                .then_some(())
        });
        for _ in 0..20 {
            service.get();
        }
        wait_gone(&pids);
    }
    service.settled(2);
    assert_eq!(service.status().restarts, 0);
    service.stop();
}
