//! The application under test in a process of its own (`child.rs`).

use std::{net::SocketAddr, path::PathBuf, process::Command};

use testkit::Running;

pub(crate) struct Process {
    pub(crate) running: Running,
}

impl Process {
    pub(crate) fn spawn(command: &mut Command) -> Self {
        Self {
            running: Running::spawn(command),
        }
    }

    /// Waits until it listens; returns its first TCP address.
    pub(crate) fn address(&self) -> SocketAddr {
        let line = self.running.wait_line("listening on ");
        line["listening on ".len()..].parse().unwrap()
    }
}

/// The program, which cargo puts beside this one.
pub(crate) fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().unwrap().with_file_name("examples/child");
    assert!(
        program.exists(),
        "{} is missing: `cargo test` builds it, `cargo test --test it` does not",
        program.display()
    );
    program
}
