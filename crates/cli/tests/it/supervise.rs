//! `squall supervise`, from its first line to its exit status.

use std::{collections::BTreeSet, fs, net::TcpListener, os::unix::fs::PermissionsExt, rc::Rc};

use testkit::{Running, Signal, temp_dir, wait_until};

use crate::house::{Service, say, squall};

#[test]
fn a_python_program_is_served_by_two_processes() {
    let Some(mut service) = Service::start("") else {
        return;
    };
    let status = service.settled(2);
    let mut seen = BTreeSet::new();
    wait_until("both to answer", || {
        let (build, task_id, pid) = service.ask();
        assert_eq!(build, "first");
        seen.insert((task_id, u64::from(pid)));
        seen.len() == 2
    });
    let workers = status["workers"].as_array().expect("an array");
    for ((task_id, pid), worker) in seen.into_iter().zip(workers) {
        assert_eq!(worker["task_id"], task_id);
        assert_eq!(worker["pid"], pid);
        assert_eq!(worker["note"], "from Python");
    }
    service.stop();
    TcpListener::bind(service.address).expect("the port is free");
}

#[test]
fn a_program_that_cannot_start_ends_with_3() {
    let directory = temp_dir();
    for (program, reason) in [
        ("false", "exit status 1"),
        ("no-such-program", "No such file"),
        ("/", "not an executable file"),
    ] {
        let said = say(
            directory.path(),
            &format!("supervise --processes 2 --listen 127.0.0.1:0 -- {program}"),
        );
        assert_eq!(said.code, Some(3), "{program}: {said:?}");
        assert!(said.errors.contains(reason), "{program}: {said:?}");
        let end =
            "squall: no worker ever became ready\nsquall: its exit status is in the log above";
        assert!(said.errors.contains(end), "{program}: {said:?}");
    }
}

#[test]
fn a_program_that_always_fails_ends_with_4() {
    let directory = temp_dir();
    let mut command = squall(directory.path());
    command.args("supervise --processes 1 --max-restarts 2 --ready-on-exec --".split(' '));
    // Ready, as far as anybody can tell, and then not.
    let mut running = Running::spawn(command.args(["sh", "-c", "exit 7"]));
    assert_eq!(running.wait().code(), Some(4));
    running.wait_line("exit status 7");
    running.wait_line("squall: gave up after restarting workers 3 times");
}

#[test]
fn a_program_that_finishes_ends_with_0() {
    let directory = temp_dir();
    let said = say(
        directory.path(),
        "supervise --processes 2 --ready-on-exec --restart on-failure -- true",
    );
    assert_eq!(said.code, Some(0), "{said:?}");
    // By default that is a service that fails.
    for (options, code) in [("", 3), ("--ready-on-exec --max-restarts 2", 4)] {
        let said = say(
            directory.path(),
            &format!("supervise --processes 2 {options} -- true"),
        );
        assert_eq!(said.code, Some(code), "{options}: {said:?}");
        assert!(said.errors.contains("--restart"), "{options}: {said:?}");
    }
    for (program, code) in [("true", 0), ("false", 4)] {
        let said = say(
            directory.path(),
            &format!("supervise --processes 2 --ready-on-exec --restart never -- {program}"),
        );
        assert_eq!(said.code, Some(code), "{program}: {said:?}");
    }
}

#[test]
fn bad_arguments_are_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = taken.local_addr().expect("an address").to_string();
    let in_use = format!("supervise --listen {taken} -- true");
    for (arguments, code, said) in [
        ("", 2, "Usage: squall"),
        ("explode", 2, "'explode'"),
        ("supervise", 2, "PROGRAM"),
        ("supervise true", 2, "'true'"),
        ("supervise --processes many -- true", 2, "'many'"),
        ("supervise --processes 100000 -- true", 2, "100000"),
        ("supervise --ports 8004..8000 -- true", 2, "FIRST..END"),
        (
            "supervise --ports 8000..8001 --processes 2 -- true",
            2,
            "8000..8001",
        ),
        ("supervise --listen nowhere -- true", 2, "\"nowhere\""),
        ("supervise --start-timeout 0 -- true", 2, "start_timeout"),
        ("supervise --max-requests 0 -- true", 2, "max_requests"),
        (
            "supervise --max-restarts 1 --restart-for-ever -- true",
            2,
            "--restart-for-ever",
        ),
        ("supervise --restart sometimes -- true", 2, "on-failure"),
        ("supervise --listen-mode rw -- true", 2, "such as 660"),
        ("supervise --listen-mode 1777 -- true", 2, "such as 660"),
        ("supervise --cwd /missing -- true", 2, "/missing"),
        ("supervise --cwd /dev/null -- true", 2, "/dev/null"),
        (
            "supervise --balance --ports 8000..8004 -- true",
            2,
            "--balance",
        ),
        (&in_use, 1, &taken),
        (
            "supervise --control /dev/null/control -- true",
            1,
            "/dev/null/control",
        ),
        ("scale", 2, "PROCESSES"),
        ("scale -1", 2, "'-1'"),
        ("status --control", 2, "--control"),
    ] {
        let directory = temp_dir();
        let result = say(directory.path(), arguments);
        assert_eq!(result.code, Some(code), "{arguments}: {result:?}");
        assert!(result.errors.contains(said), "{arguments}: {result:?}");
        assert!(result.output.is_empty(), "{arguments}: {result:?}");
    }
}

#[test]
fn signals_reach_a_foreign_program() {
    let Some(mut service) = Service::start("") else {
        return;
    };
    service.settled(2);
    service.deploy("second");
    service.running.signal(Signal::Hup);
    service.running.wait_line("reloaded generation=2");
    service.settled(2);
    assert_eq!(service.ask().0, "second");
    service.running.signal(Signal::Int);
    assert_eq!(service.running.wait().code(), Some(0));
}

#[test]
fn each_service_has_a_control_socket_of_its_own() {
    let directory = Rc::new(temp_dir());
    let Some(one) = Service::start_in(&directory, "one.py", "") else {
        return;
    };
    let two = Service::start_in(&directory, "two.py", "").expect("there is Python");
    for service in [&one, &two] {
        let pid = service.running.pid();
        let path = service.control();
        let named = format!("status --json --control {}", path.display());
        let said = service.say(&named);
        assert!(said.output.contains(&format!("\"pid\": {pid}")), "{said:?}");
    }
}

#[test]
fn unix_sockets_have_the_mode_of_the_option() {
    let directory = temp_dir();
    for (options, expected) in [("", 0o600), ("--listen-mode 660 ", 0o660)] {
        let socket = directory.path().join("app.sock");
        let options = format!(
            "supervise --processes 1 --ready-on-exec {options}--listen unix:{} -- sleep 1000",
            socket.display()
        );
        let mut running = Running::spawn(squall(directory.path()).args(options.split(' ')));
        running.wait_line("worker ready");
        let mode = fs::metadata(&socket).expect("it is there").permissions();
        assert_eq!(mode.mode() & 0o777, expected, "{options}");
        running.signal(Signal::Term);
        assert_eq!(running.wait().code(), Some(0), "{options}");
    }
}

#[test]
fn a_program_is_found_in_the_working_directory_of_the_option() {
    let directory = temp_dir();
    let release = directory.path().join("release");
    fs::create_dir(&release).expect("it is ours");
    let program = release.join("report");
    fs::write(&program, "#!/bin/sh\necho in $PWD\n").expect("there is room");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it is ours");
    for cwd in ["release", &release.display().to_string()] {
        let mut command = squall(directory.path());
        command
            .current_dir(directory.path())
            .args(["supervise", "--processes", "1", "--ready-on-exec"])
            .args(["--restart", "never", "--cwd", cwd, "--", "./report"]);
        let mut running = Running::spawn(&mut command);
        running.wait_line(&format!("in {}", release.display()));
        assert_eq!(running.wait().code(), Some(0), "{cwd}");
    }
}
