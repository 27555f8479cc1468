//! Test helpers: waiting for facts, child processes, a raw client, a browser, outside programs.
//!
//! Everything here panics instead of returning an error, and says what it was waiting for or doing:
//! in a test that is the useful end. It is not a test framework, it knows nothing of squall, and it
//! is never published.
//!
//! ```
//! use std::process::Command;
//! use testkit::{Running, Signal};
//!
//! let mut child = Running::spawn(Command::new("sh").args(["-c", "echo ready; exec sleep 60"]));
//! assert_eq!(child.wait_line("ready"), "ready");
//! child.signal(Signal::Term);
//! assert!(!child.wait().success());
//! ```

mod ask;
mod binds;
mod browser;
mod compiled;
mod differential;
mod lambda;
mod outside;
mod reference;
mod running;
mod sockets;
mod standstill;
mod wait;
mod wire;

pub use ask::ask_all;
pub use binds::{BindOptions, check_binds};
pub use browser::Browser;
pub use compiled::{Compiled, compiled};
pub use differential::{assert_strict_framing, mirrored};
pub use lambda::{Outcome, RuntimeApi};
pub use outside::{VENV, find_outside, outside};
pub use reference::{ReferenceEnd, ReferenceRequest, reference_requests};
pub use running::{Running, Signal};
pub use sockets::{free_port, free_ports, stale_socket};
pub use standstill::despite_standstills;
pub use tempfile::TempDir;
pub use wait::{wait_for, wait_until};
pub use wire::{Reply, Wire};

/// Makes an empty directory that is removed when the value is dropped.
///
/// # Panics
///
/// When the system refuses it.
#[must_use]
#[track_caller]
pub fn temp_dir() -> TempDir {
    tempfile::Builder::new()
        .prefix("squall-")
        .tempdir()
        .expect("a temporary directory")
}
