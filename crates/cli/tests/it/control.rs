//! Control commands, with one, several and no running services.

use std::{
    fs,
    io::Write,
    os::unix::net::{UnixListener, UnixStream},
    rc::Rc,
};

use testkit::{Running, Signal, stale_socket, temp_dir, wait_until};

use crate::fixture::{Service, run, squall};

#[test]
fn status_prints_a_table() {
    let Some(service) = Service::start("") else {
        return;
    };
    wait_until("the workers' counters", || {
        let workers = &service.settled(2)["workers"];
        (0..2).all(|task_id| workers[task_id]["counters"]["websockets"] == 40)
    });
    let status = service.settled(2);
    let result = service.run("status");
    assert_eq!(result.code, Some(0), "{result:?}");
    let lines: Vec<&str> = result.output.lines().collect();
    let first = format!(
        "running on {}: process {}, generation 1, up ",
        service.address,
        service.running.pid()
    );
    assert!(lines[0].starts_with(&first), "{result:?}");
    assert!(lines[1].trim().starts_with("TASK"), "{result:?}");
    assert_eq!(lines.len(), 4, "{result:?}");
    for row in [0, 1] {
        let cells: Vec<&str> = lines[2 + row].split_whitespace().collect();
        let pid = status["workers"][row]["pid"].to_string();
        let task_id = row.to_string();
        assert_eq!(cells[..4], [&*task_id, &*pid, "1", "ready"], "{result:?}");
        // The cell below its heading, where both end.
        let heading = "WEBSOCKETS";
        let end = lines[1].find(heading).expect("the heading") + heading.len();
        let websockets = lines[2 + row][..end].split_whitespace().next_back();
        assert_eq!(websockets, Some("40"), "{result:?}");
    }
}

#[test]
fn reload_prints_new_generation_or_the_failure() {
    let Some(service) = Service::start("") else {
        return;
    };
    service.settled(2);
    service.deploy("broken");
    let result = service.run("reload");
    assert_eq!(result.code, Some(1), "{result:?}");
    let reason = "ended before it was ready: exit status 1";
    assert!(result.errors.starts_with("squall: "), "{result:?}");
    assert!(result.errors.contains(reason), "{result:?}");
    service.running.wait_line("RuntimeError: a broken build");
    service.settled(2);
    assert_eq!(service.ask().0, "first");
    let table = service.run("status").output;
    assert!(table.contains("last reload failed: "), "{table}");

    service.deploy("second");
    let result = service.run("reload");
    assert_eq!(
        (result.code, &*result.output),
        (Some(0), "reloaded: generation 3 is serving\n"),
        "{result:?}"
    );
    let status = service.settled(2);
    assert_eq!(status["reload_error"], serde_json::Value::Null);
    assert_eq!(service.ask().0, "second");
}

#[test]
fn supervisor_reload_keeps_its_process_id() {
    let Some(mut service) = Service::start("") else {
        return;
    };
    service.settled(2);
    let result = service.run("reload --supervisor");
    assert_eq!(
        (result.code, &*result.output),
        (Some(0), "reloaded: generation 2 is serving\n"),
        "{result:?}"
    );
    service.running.wait_line("replaced the supervisor");
    let status = service.settled(2);
    assert_eq!(status["pid"], service.running.pid());
    service.stop();
}

#[test]
fn scale_changes_the_number_of_workers() {
    let Some(service) = Service::start("") else {
        return;
    };
    service.settled(2);
    for processes in [3, 1] {
        let result = service.run(&format!("scale {processes}"));
        assert_eq!(result.code, Some(0), "{result:?}");
        assert_eq!(service.settled(processes)["processes"], processes);
    }
    for processes in ["0", "100000"] {
        let result = service.run(&format!("scale {processes}"));
        assert_eq!(result.code, Some(1), "{result:?}");
        let expected = "squall: from 1 to 1024 processes are possible\n";
        assert_eq!(result.errors, expected);
    }
    service.settled(1);
}

#[test]
fn stop_waits_until_the_supervisor_exits_and_leaves_no_files() {
    let Some(mut service) = Service::start("") else {
        return;
    };
    service.settled(2);
    let result = service.run("stop");
    assert_eq!(result.code, Some(0), "{result:?}");
    assert_eq!(service.running.wait().code(), Some(0));
    let left = fs::read_dir(service.directory()).expect("it is there");
    let left: Vec<_> = left
        .map(|entry| entry.expect("readable").file_name())
        .collect();
    assert_eq!(left, ["app.py"]);
}

#[test]
fn commands_fail_without_a_running_service() {
    let directory = temp_dir();
    let missing = directory.path().join("missing");
    let dead = directory.path().join("dead");
    stale_socket(&dead);
    for (path, reason) in [
        (&missing, "no socket there: the service is not running"),
        (&dead, "no supervisor listens there any more"),
    ] {
        for command in ["status", "status --json", "reload", "scale 2", "stop"] {
            let result = run(
                directory.path(),
                &format!("{command} --control {}", path.display()),
            );
            assert_eq!(result.code, Some(1), "{command}: {result:?}");
            let named = format!("squall: {}: {reason}", path.display());
            assert!(result.errors.starts_with(&named), "{command}: {result:?}");
            assert!(result.output.is_empty(), "{command}: {result:?}");
        }
    }
    let result = run(directory.path(), "status");
    assert_eq!(result.code, Some(1), "{result:?}");
    assert!(
        result.errors.contains("no running service of this user"),
        "{result:?}"
    );
}

#[test]
fn supervisor_that_does_not_respond_is_an_error_despite_signals() {
    let directory = temp_dir();
    let bind = |name| UnixListener::bind(directory.path().join(name)).expect("the path is free");
    let (_silent, slow, full) = (bind("silent"), bind("slow"), bind("full"));
    rustix::net::listen(&full, 0).expect("it listens");
    let _queued = UnixStream::connect(directory.path().join("full")).expect("one has room");
    let silent = "did not respond within 5 s";
    let cases = [
        ("status --control silent", silent),
        ("reload --control silent", silent),
        ("reload --supervisor --control silent", silent),
        ("scale 2 --control silent", silent),
        ("stop --control silent", silent),
        ("status --control slow", silent),
        ("status --control full", "accepts no connection"),
    ];
    let mut commands = cases.map(|(arguments, _)| {
        let mut command = squall(directory.path());
        command.args(arguments.split(' '));
        Running::spawn(command.current_dir(directory.path()))
    });
    let (mut response, _) = slow.accept().expect("one connects");
    wait_until("the commands to fail", || {
        // A call that waits with a timeout ends with EINTR at SIGCONT, even without a handler.
        for command in &commands {
            command.signal(Signal::Stop);
            command.signal(Signal::Cont);
        }
        // A response that never ends. It fails when the command has.
        let _ = response.write_all(b"{");
        let mut results = commands.iter().zip(cases);
        results.all(|(command, (_, reason))| command.output().contains(reason))
    });
    for command in &mut commands {
        assert_eq!(command.wait().code(), Some(1));
    }
}

#[test]
fn socket_of_a_killed_supervisor_is_ignored() {
    let directory = Rc::new(temp_dir());
    let Some(mut service) = Service::start_in(&directory, "app.py", "") else {
        return;
    };
    service.settled(2);
    service.running.signal(Signal::Kill);
    service.running.wait();
    let result = service.run("status");
    assert!(
        result.errors.contains("no running service of this user"),
        "{result:?}"
    );
    // The stale socket does not hide the next service.
    let next = Service::start_in(&directory, "app.py", "").expect("there is Python");
    assert_eq!(next.settled(2)["pid"], next.running.pid());
}

#[test]
fn commands_require_control_option_for_several_services() {
    let directory = Rc::new(temp_dir());
    let Some(one) = Service::start_in(&directory, "one.py", "") else {
        return;
    };
    one.settled(2);
    let two = Service::start_in(&directory, "two.py", "").expect("there is Python");
    let mut services: Vec<String> = [&one, &two]
        .iter()
        .map(|service| {
            let (path, pid) = (service.control(), service.running.pid());
            format!(
                "\n  --control {}  (process {pid}, {})",
                path.display(),
                service.address
            )
        })
        .collect();
    services.sort();
    let list = format!(
        "squall: several services are running; select one:{}\n",
        services.concat()
    );
    wait_until("both to be found", || one.run("status").errors == list);
    let result = one.run("stop");
    assert_eq!((result.code, result.errors), (Some(1), list));
}
