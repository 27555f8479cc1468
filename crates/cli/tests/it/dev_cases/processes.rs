//! A restart and an end reach every process of the program.

use std::net::{SocketAddr, TcpListener};

use testkit::{Signal, free_port, outside, wait_for, wait_until};

use super::{
    cases,
    lab::{Dev, Lab, is_alive, says},
};

cases![
    server_of_a_shell,
    server_of_a_shell_that_waits,
    server_in_another_session,
    server_that_outlives_its_parent,
    program_that_ignores_the_signal_is_killed,
    second_signal_kills_at_once,
    killed_squall_dev_leaves_nothing,
    killed_squall_dev_leaves_nothing_of_cargo_run,
    killed_squall_dev_leaves_no_build,
    program_that_cannot_be_started,
    exit_status_is_shown,
];

const SERVER: &str = "
import os, socket, sys, time
server = socket.socket()
server.bind(('127.0.0.1', int(sys.argv[1])))
server.listen()
print('it says', open('words').read(), os.getpid(), flush=True)
time.sleep(1000)
";

/// Starts the server by a shell script, edits a file, and ends it.
fn server(lab: &Lab, script: &str) {
    if outside("python3").is_none() {
        return;
    }
    let port = free_port();
    lab.write("site/server.py", SERVER);
    lab.write("site/words", "one");
    let script = script.replace("SERVER", &format!("python3 server.py {port}"));
    let dev = lab.dev_with("site", &[], &["sh", "-c", &script], |command| command);
    dev.says("one");
    for text in ["two", "three"] {
        lab.write("site/words", text);
        dev.says(text);
    }
    dev.stop();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    assert!(
        TcpListener::bind(address).is_ok(),
        "the port is free at the end"
    );
}

fn server_of_a_shell(lab: &Lab) {
    server(lab, "cd . && SERVER; true");
}

fn server_of_a_shell_that_waits(lab: &Lab) {
    // Such as `npm start`: a parent that does not forward signals.
    server(lab, "trap : TERM; SERVER & wait; wait");
}

fn server_in_another_session(lab: &Lab) {
    server(lab, "setsid SERVER & exec sleep 1000");
}

fn server_that_outlives_its_parent(lab: &Lab) {
    server(lab, "setsid SERVER & exit 0");
}

fn stubborn(lab: &Lab) -> (Dev, String) {
    lab.write("site/file", "");
    let script = "trap '' TERM INT HUP; echo it says $$ .; while :; do sleep 1; done";
    let dev = lab.dev_with("site", &[], &["sh", "-c", script], |command| command);
    let line = dev.line("it says");
    let pid = line.split(' ').nth(2).expect("a process id").to_owned();
    (dev, pid)
}

fn program_that_ignores_the_signal_is_killed(lab: &Lab) {
    let (mut dev, pid) = stubborn(lab);
    dev.running.signal(Signal::Term);
    assert!(dev.running.wait().success());
    assert!(!is_alive(&pid));
}

fn second_signal_kills_at_once(lab: &Lab) {
    let (mut dev, pid) = stubborn(lab);
    dev.running.signal(Signal::Int);
    dev.line("a second signal kills it");
    dev.running.signal(Signal::Int);
    assert!(dev.running.wait().success());
    assert!(!is_alive(&pid));
}

fn killed_squall_dev_leaves_nothing(lab: &Lab) {
    lab.write("site/file", "");
    let script = "sh -c 'echo it says $$ .; exec sleep 1000'; true";
    let mut dev = lab.dev_with("site", &[], &["sh", "-c", script], |command| command);
    let line = dev.line("it says");
    let pid = line.split(' ').nth(2).expect("a process id");
    dev.running.signal(Signal::Kill);
    dev.running.wait();
    wait_until("the program to end", || !is_alive(pid));
}

fn killed_squall_dev_leaves_nothing_of_cargo_run(lab: &Lab) {
    lab.package("site", "");
    lab.write(
        "site/src/main.rs",
        says("format!(\"{} .\", std::process::id())"),
    );
    let mut dev = lab.run();
    let line = dev.line("it says");
    let pid = line.split(' ').nth(2).expect("a process id");
    dev.running.signal(Signal::Kill);
    dev.running.wait();
    wait_until("the program to end", || !is_alive(pid));
}

fn killed_squall_dev_leaves_no_build(lab: &Lab) {
    lab.package("site", "");
    lab.write("site/src/main.rs", says("\"one\""));
    let script = "fn main() { std::fs::write(\"../pid\", std::process::id().to_string()).unwrap(); \
                  loop { std::thread::park(); } }";
    lab.write("site/build.rs", script);
    let mut dev = lab.run();
    let pid = wait_for("the build script", || {
        std::fs::read_to_string(lab.path("pid"))
            .ok()
            .filter(|pid| !pid.is_empty())
    });
    dev.running.signal(Signal::Kill);
    dev.running.wait();
    wait_until("the build script to end", || !is_alive(&pid));
}

fn program_that_cannot_be_started(lab: &Lab) {
    lab.write("site/file", "");
    let dev = lab.dev("site", "./none");
    dev.line("cannot start ./none: No such file");
    lab.write(
        "site/none",
        "#!/bin/sh\necho it says one\nexec sleep 1000\n",
    );
    lab.shell("chmod +x site/none");
    dev.says("one");
    dev.stop();
}

fn exit_status_is_shown(lab: &Lab) {
    lab.write("site/file", "");
    for (script, expected) in [
        ("exit 7", "the program exited (exit status: 7)"),
        ("kill -9 $$", "the program exited (signal: 9 (SIGKILL))"),
    ] {
        let dev = lab.dev_with("site", &[], &["sh", "-c", script], |command| command);
        dev.line(expected);
        dev.line("waiting for a change");
        dev.stop();
    }
}
