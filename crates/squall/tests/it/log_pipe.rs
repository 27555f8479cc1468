//! An unread log pipe, and signals that have no effect.

use std::{
    io::{self, BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    thread,
};

use testkit::{Running, Signal, Wire, wait_until};

use crate::program::{Friendfeed, command};

/// Enough lines to fill a pipe several times.
const LINES: usize = 2000;

/// Starts the program with its standard error in a pipe of the test; returns its address.
#[expect(clippy::zombie_processes, reason = "`terminate` waits for it")]
fn with_pipe(command: &mut Command) -> (Child, BufReader<io::PipeReader>, std::net::SocketAddr) {
    let (reader, writer) = io::pipe().expect("a pipe");
    let command = command.stderr(writer).stdin(Stdio::null());
    let child = command.spawn().expect("the program starts");
    // The command holds the write end of the pipe.
    command.stderr(Stdio::null());
    let mut log = BufReader::new(reader);
    loop {
        let mut line = String::new();
        assert_ne!(
            log.read_line(&mut line).expect("a line"),
            0,
            "it ended early"
        );
        if let Some((_, address)) = line.split_once("listening on http://") {
            let address = address.split_whitespace().next().expect("an address");
            return (child, log, address.parse().expect("an address"));
        }
    }
}

fn ask(wire: &mut Wire, count: usize) {
    for i in 0..count {
        wire.send(format!("GET /users/{i} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!(wire.response().status, 200);
    }
}

fn terminate(child: &mut Child) {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it lives");
    let mut status = None;
    wait_until("the program ends", || {
        status = child.try_wait().expect("it can be waited for");
        status.is_some()
    });
    assert!(status.expect("waited for").success(), "{status:?}");
}

#[test]
fn unread_log_blocks_neither_requests_nor_sigterm() {
    for processes in ["1", "2"] {
        let flags = ["--port", "0", "--processes", processes];
        let (mut child, mut log, address) = with_pipe(command().args(flags));
        let mut wire = Wire::connect(address);
        ask(&mut wire, LINES);
        // Once the log is read again, it has the number of dropped lines.
        let mut rest = String::new();
        let reading = thread::spawn(move || {
            while !rest.contains("squall: dropped ") {
                let mut line = String::new();
                assert_ne!(log.read_line(&mut line).expect("a line"), 0, "{rest}");
                rest.push_str(&line);
            }
            (log, rest)
        });
        while !reading.is_finished() {
            ask(&mut wire, 1);
        }
        let (log, _) = reading.join().expect("the number of lost lines");
        drop(wire);
        // The log is no longer read.
        let mut wire = Wire::connect(address);
        ask(&mut wire, LINES);
        terminate(&mut child);
        drop(log);
    }
}

#[test]
fn closed_log_pipe_is_no_failure() {
    let (mut child, log, address) = with_pipe(command().args(["--port", "0"]));
    drop(log);
    ask(&mut Wire::connect(address), 10);
    terminate(&mut child);
}

/// A log that is read has every line.
#[test]
fn read_log_is_complete() {
    let (mut child, mut log, address) = with_pipe(command().args(["--port", "0"]));
    let reading = thread::spawn(move || {
        let mut text = String::new();
        log.read_to_string(&mut text).expect("text");
        text
    });
    ask(&mut Wire::connect(address), LINES);
    terminate(&mut child);
    let text = reading.join().expect("the log");
    for i in 0..LINES {
        assert!(
            text.contains(&format!(" GET /users/{i} (")),
            "{i} is missing"
        );
    }
    assert!(!text.contains("dropped"), "{text}");
}

/// With one process there is nothing to reload.
#[test]
fn hangup_of_a_single_process_interrupts_nothing() {
    let mut command = command();
    let mut running = Running::spawn(command.args(["--port", "0"]).stdin(Stdio::null()));
    let mut wire = Wire::connect(crate::program::address(&running));
    wire.send("GET /slow?ms=300 HTTP/1.1\r\nHost: a\r\n\r\n");
    running.signal(Signal::Hup);
    running.wait_line("ignored SIGHUP: one process has nothing to reload");
    assert_eq!(wire.response().status, 200);
    ask(&mut wire, 1);
    running.signal(Signal::Term);
    assert!(running.wait().success());
    let program = Friendfeed::start(&["--processes", "1"]);
    program.running.signal(Signal::Hup);
    ask(&mut program.wire(), 1);
}
