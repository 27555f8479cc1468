//! `squall supervise`, from its first line to its exit status.

use std::{collections::BTreeSet, net::TcpListener, rc::Rc};

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
        let end = "squall: no worker ever became ready\n";
        assert!(said.errors.ends_with(end), "{program}: {said:?}");
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
        "supervise --processes 2 --ready-on-exec -- true",
    );
    assert_eq!(said.code, Some(0), "{said:?}");
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
