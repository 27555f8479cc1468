//! Starting, and failing to.

use std::{fs, process::Command, rc::Rc};

use crate::house::{Program, Service, fixture, get_unix};

/// Runs a build to its end and returns its exit status and its words.
#[track_caller]
fn run(words: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let mut service = Program::new(words).service(arguments);
    let code = service.running.wait().code();
    (code, service.running.output())
}

#[test]
fn workers_have_task_ids_and_hooks_are_called() {
    let program = Program::new("");
    let mut service = program.service(&["processes=3", "hook=mark"]);
    let workers = service.settled(3);
    let tasks: Vec<usize> = workers.iter().map(|worker| worker.task_id).collect();
    assert_eq!(tasks, [0, 1, 2]);
    let page = service.get();
    assert_eq!(page.field("hooked"), format!("mark{}", page.field("task")));
    assert_eq!(page.field("generation"), "1");
    service.running.wait_line("hook: 2 is ready");
    service.stop();
    let output = service.running.output();
    assert!(output.contains("hook: 0 ended: Code(0)"), "{output}");
    // Neither the control socket nor the directory of the supervisor stays.
    let left: Vec<_> = fs::read_dir(program.directory.path())
        .expect("it is ours")
        .map(|entry| entry.expect("it is ours").file_name())
        .collect();
    assert_eq!(left, ["program"]);
}

#[test]
fn a_program_that_fails_at_start_up() {
    let (code, output) = run("panic", &[]);
    assert_eq!(code, Some(3), "{output}");
    assert!(output.contains("no worker ever became ready"), "{output}");
    assert!(output.contains("this build panics at start"), "{output}");
}

#[test]
fn a_program_that_fails_after_a_while() {
    let (code, output) = run("late", &["processes=1", "max_restarts=2"]);
    assert_eq!(code, Some(4), "{output}");
    assert!(
        output.contains("gave up after restarting workers 3 times"),
        "{output}"
    );
}

#[test]
fn a_program_that_exits_0_at_once_has_finished() {
    let (code, output) = run("exit0", &[]);
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("Finished"), "{output}");
    assert!(!output.contains("is ready"), "{output}");
}

#[test]
fn program_that_is_never_ready_is_killed() {
    let (code, output) = run("silent", &["start_timeout=0.2"]);
    assert_eq!(code, Some(3), "{output}");
    assert!(output.contains("killing a worker"), "{output}");
}

#[test]
fn ready_on_exec_needs_no_notification() {
    let mut service = Program::new("silent").service(&["exec=1"]);
    service.settled(2);
    service.stop();
}

#[test]
fn one_slot_may_fail_while_another_serves() {
    let program = Program::new("1:panic");
    let mut service = program.service(&["processes=2"]);
    // Slot 1 gets a connection now and then; no client may be left waiting for it.
    service.running.wait_line("hook: 0 is ready");
    for _ in 0..50 {
        assert_eq!(service.get().field("task"), "0");
    }
    service.stop();
}

#[test]
fn alone_it_serves_in_this_process() {
    let directory = testkit::temp_dir();
    let path = directory.path().join("socket");
    let mut alone = Command::new(fixture());
    alone.args(["alone", &format!("listen=unix:{}", path.display())]);
    let mut running = testkit::Running::spawn(&mut alone);
    let page = testkit::wait_for("the socket", || get_unix(&path).ok());
    assert_eq!(page.field("task"), "none");
    assert_eq!(page.field("pid"), running.pid().to_string());
    running.signal(testkit::Signal::Term);
    assert!(running.wait().success());
}

#[test]
fn few_descriptors_are_enough() {
    let directory = Rc::new(testkit::temp_dir());
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""])
        .arg(fixture())
        .arg("processes=4");
    let mut service = Service::run(&mut limited, &directory);
    service.settled(4);
    // Too many: what can't be started fails, and what serves goes on.
    service.client().scale(64).expect("it is allowed");
    service.running.wait_line("no more are added");
    for _ in 0..100 {
        service.get();
    }
    service.stop();
}
