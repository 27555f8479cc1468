//! Signals that do not stop the server.

use std::process::{Command, Stdio};

use testkit::{Signal, Wire};

use crate::{
    harness::get,
    process::{Process, program},
};

#[test]
fn hangup_without_anything_to_reload_is_logged_and_ignored() {
    let mut process = Process::spawn(
        Command::new(program())
            .arg("127.0.0.1:0")
            .stdin(Stdio::null()),
    );
    let mut wire = Wire::connect(process.address());
    // It listens before it handles signals, and serves after that.
    for _ in 0..3 {
        wire.send(get("/"));
        assert_eq!(wire.response().text(), "hello");
        process.running.signal(Signal::Hup);
    }
    process.running.wait_line("ignored SIGHUP");
    wire.send(get("/"));
    assert_eq!(wire.response().text(), "hello");
    process.running.signal(Signal::Term);
    assert!(process.running.wait().success());
}
