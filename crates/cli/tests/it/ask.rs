//! The commands that ask, and what they answer when there is nobody to ask.

use std::{fs, os::unix::net::UnixListener, rc::Rc};

use testkit::{Signal, temp_dir, wait_until};

use crate::house::{Service, say};

#[test]
fn status_is_a_table_for_people() {
    let Some(service) = Service::start("") else {
        return;
    };
    let status = service.settled(2);
    let said = service.say("status");
    assert_eq!(said.code, Some(0), "{said:?}");
    let lines: Vec<&str> = said.output.lines().collect();
    let first = format!(
        "running on {}: process {}, generation 1, up ",
        service.address,
        service.running.pid()
    );
    assert!(lines[0].starts_with(&first), "{said:?}");
    assert!(lines[1].trim().starts_with("TASK"), "{said:?}");
    assert_eq!(lines.len(), 4, "{said:?}");
    for task_id in [0, 1] {
        let cells: Vec<&str> = lines[2 + task_id].split_whitespace().collect();
        let pid = status["workers"][task_id]["pid"].to_string();
        let task_id = task_id.to_string();
        assert_eq!(cells[..4], [&*task_id, &*pid, "1", "ready"], "{said:?}");
    }
}

#[test]
fn reload_tells_how_it_ended() {
    let Some(service) = Service::start("") else {
        return;
    };
    service.settled(2);
    service.deploy("broken");
    let said = service.say("reload");
    assert_eq!(said.code, Some(1), "{said:?}");
    let reason = "ended before it was ready: exit status 1";
    assert!(said.errors.starts_with("squall: "), "{said:?}");
    assert!(said.errors.contains(reason), "{said:?}");
    service.running.wait_line("RuntimeError: a broken build");
    service.settled(2);
    assert_eq!(service.ask().0, "first");
    let table = service.say("status").output;
    assert!(table.contains("the last reload failed: "), "{table}");

    service.deploy("second");
    let said = service.say("reload");
    assert_eq!(
        (said.code, &*said.output),
        (Some(0), "generation 3 serves\n"),
        "{said:?}"
    );
    let status = service.settled(2);
    assert_eq!(status["reload_error"], serde_json::Value::Null);
    assert_eq!(service.ask().0, "second");
}

#[test]
fn reload_of_the_supervisor_keeps_its_process_id() {
    let Some(mut service) = Service::start("") else {
        return;
    };
    service.settled(2);
    let said = service.say("reload --supervisor");
    assert_eq!(
        (said.code, &*said.output),
        (Some(0), "generation 2 serves\n"),
        "{said:?}"
    );
    service.running.wait_line("replaced the supervisor");
    let status = service.settled(2);
    assert_eq!(status["pid"], service.running.pid());
    service.stop();
}

#[test]
fn scale_changes_how_many_there_are() {
    let Some(service) = Service::start("") else {
        return;
    };
    service.settled(2);
    for processes in [3, 1] {
        let said = service.say(&format!("scale {processes}"));
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(service.settled(processes)["processes"], processes);
    }
    for processes in ["0", "100000"] {
        let said = service.say(&format!("scale {processes}"));
        assert_eq!(said.code, Some(1), "{said:?}");
        let expected = "squall: from 1 to 1024 processes are possible\n";
        assert_eq!(said.errors, expected);
    }
    service.settled(1);
}

#[test]
fn stop_waits_for_the_end() {
    let Some(mut service) = Service::start("") else {
        return;
    };
    service.settled(2);
    let said = service.say("stop");
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(service.running.wait().code(), Some(0));
    let left = fs::read_dir(service.directory()).expect("it is there");
    let left: Vec<_> = left
        .map(|entry| entry.expect("readable").file_name())
        .collect();
    assert_eq!(left, ["app.py"]);
}

#[test]
fn nobody_to_ask() {
    let directory = temp_dir();
    let missing = directory.path().join("missing");
    let dead = directory.path().join("dead");
    drop(UnixListener::bind(&dead).expect("a writable directory"));
    for (path, reason) in [
        (&missing, "no socket there: the service is not running"),
        (&dead, "no supervisor listens there any more"),
    ] {
        for command in ["status", "status --json", "reload", "scale 2", "stop"] {
            let said = say(
                directory.path(),
                &format!("{command} --control {}", path.display()),
            );
            assert_eq!(said.code, Some(1), "{command}: {said:?}");
            let named = format!("squall: {}: {reason}", path.display());
            assert!(said.errors.starts_with(&named), "{command}: {said:?}");
            assert!(said.output.is_empty(), "{command}: {said:?}");
        }
    }
    let said = say(directory.path(), "status");
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.errors.contains("no service of yours answers"),
        "{said:?}"
    );
}

#[test]
fn the_socket_of_a_dead_supervisor_is_no_service() {
    let directory = Rc::new(temp_dir());
    let Some(mut service) = Service::start_in(&directory, "app.py", "") else {
        return;
    };
    service.settled(2);
    service.running.signal(Signal::Kill);
    service.running.wait();
    let said = service.say("status");
    assert!(
        said.errors.contains("no service of yours answers"),
        "{said:?}"
    );
    // What it has left behind does not hide the next one.
    let next = Service::start_in(&directory, "app.py", "").expect("there is Python");
    assert_eq!(next.settled(2)["pid"], next.running.pid());
}

#[test]
fn several_services_must_be_named() {
    let directory = Rc::new(temp_dir());
    let Some(one) = Service::start_in(&directory, "one.py", "") else {
        return;
    };
    one.settled(2);
    let two = Service::start_in(&directory, "two.py", "").expect("there is Python");
    let mut paths: Vec<String> = [&one, &two]
        .iter()
        .map(|service| service.control().display().to_string())
        .collect();
    paths.sort();
    let list = format!(
        "squall: several services answer; name one with --control: {}\n",
        paths.join(", ")
    );
    wait_until("both to be found", || one.say("status").errors == list);
    let said = one.say("stop");
    assert_eq!((said.code, said.errors), (Some(1), list));
}
