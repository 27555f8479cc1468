//! `squall supervise`: options, log lines and exit statuses.

use std::{collections::BTreeSet, fs, net::TcpListener, os::unix::fs::PermissionsExt, rc::Rc};

use testkit::{Running, Signal, temp_dir, wait_until};

use crate::fixture::{Service, run, squall};

#[test]
fn python_program_is_served_by_two_processes() {
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
fn exit_status_is_3_when_no_worker_becomes_ready() {
    let directory = temp_dir();
    for (program, reason) in [
        ("false", "exit status 1"),
        ("no-such-program", "No such file"),
        ("/", "not an executable file"),
    ] {
        let result = run(
            directory.path(),
            &format!("supervise --processes 2 --listen 127.0.0.1:0 -- {program}"),
        );
        assert_eq!(result.code, Some(3), "{program}: {result:?}");
        assert!(result.errors.contains(reason), "{program}: {result:?}");
        let end =
            "squall: no worker ever became ready\nsquall: its exit status is in the log above";
        assert!(result.errors.contains(end), "{program}: {result:?}");
    }
}

#[test]
fn exit_status_is_4_after_max_restarts() {
    let directory = temp_dir();
    let mut command = squall(directory.path());
    command.args("supervise --processes 1 --max-restarts 2 --ready-when exec --".split(' '));
    // With --ready-when exec it counts as ready, then fails.
    let mut running = Running::spawn(command.args(["sh", "-c", "exit 7"]));
    assert_eq!(running.wait().code(), Some(4));
    running.wait_line("exit status 7");
    running.wait_line("squall: gave up after restarting workers 3 times");
}

#[test]
fn restart_option_selects_which_exits_are_failures() {
    let directory = temp_dir();
    let result = run(
        directory.path(),
        "supervise --processes 2 --ready-when exec --restart on-failure -- true",
    );
    assert_eq!(result.code, Some(0), "{result:?}");
    // With the default, `--restart always`, exit status 0 counts as a failure.
    for (options, code) in [("", 3), ("--ready-when exec --max-restarts 2", 4)] {
        let result = run(
            directory.path(),
            &format!("supervise --processes 2 {options} -- true"),
        );
        assert_eq!(result.code, Some(code), "{options}: {result:?}");
        assert!(result.errors.contains("--restart"), "{options}: {result:?}");
    }
    for (program, code) in [("true", 0), ("false", 4)] {
        let result = run(
            directory.path(),
            &format!("supervise --processes 2 --ready-when exec --restart never -- {program}"),
        );
        assert_eq!(result.code, Some(code), "{program}: {result:?}");
    }
}

#[test]
fn invalid_arguments_are_named_in_the_error() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = taken.local_addr().expect("an address").to_string();
    let in_use = format!("supervise --listen {taken} -- true");
    for (arguments, code, expected) in [
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
        ("supervise --ready-when later -- true", 2, "http:/PATH"),
        (
            "supervise --ready-when http:healthz -- true",
            2,
            "\"http:healthz\" is no readiness",
        ),
        (
            "supervise --ready-when listening -- true",
            2,
            "readiness listening: the supervisor has no socket to connect to",
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
        let result = run(directory.path(), arguments);
        assert_eq!(result.code, Some(code), "{arguments}: {result:?}");
        assert!(result.errors.contains(expected), "{arguments}: {result:?}");
        assert!(result.output.is_empty(), "{arguments}: {result:?}");
    }
}

#[test]
fn readiness_by_connections_is_refused_where_the_system_does_not_name_the_acceptor() {
    let directory = temp_dir();
    let mut command = squall(directory.path());
    command
        .args("supervise --listen 127.0.0.1:0 --ready-when listening -- sleep 1000".split(' '))
        .env("SQUALL_SYSTEM", "portable");
    let mut running = Running::spawn(&mut command);
    assert_eq!(running.wait().code(), Some(2));
    running.wait_line("cannot find out which process accepts a connection, which needs Linux");
    running.wait_line("use notify or exec");
}

#[test]
fn sighup_reloads_and_sigint_stops_a_python_program() {
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
fn each_service_has_its_own_control_socket() {
    let directory = Rc::new(temp_dir());
    let Some(one) = Service::start_in(&directory, "one.py", "") else {
        return;
    };
    let two = Service::start_in(&directory, "two.py", "").expect("there is Python");
    for service in [&one, &two] {
        let pid = service.running.pid();
        let path = service.control();
        let named = format!("status --json --control {}", path.display());
        let result = service.run(&named);
        assert!(
            result.output.contains(&format!("\"pid\": {pid}")),
            "{result:?}"
        );
    }
}

#[test]
fn listen_mode_sets_the_mode_of_unix_sockets() {
    let directory = temp_dir();
    for (options, expected) in [("", 0o660), ("--listen-mode 600 ", 0o600)] {
        let socket = directory.path().join("app.sock");
        let options = format!(
            "supervise --processes 1 --ready-when exec {options}--listen unix:{} -- sleep 1000",
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
fn relative_program_path_is_resolved_against_cwd_option() {
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
            .args(["supervise", "--processes", "1", "--ready-when", "exec"])
            .args(["--restart", "never", "--cwd", cwd, "--", "./report"]);
        let mut running = Running::spawn(&mut command);
        running.wait_line(&format!("in {}", release.display()));
        assert_eq!(running.wait().code(), Some(0), "{cwd}");
    }
}
