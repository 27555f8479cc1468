//! The example `friendfeed` as a child process.

use std::{env, net::SocketAddr, path::PathBuf, process::Command};

use testkit::{Running, Wire};

/// A process that serves on a free port of 127.0.0.1.
pub(crate) struct Friendfeed {
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
}

impl Friendfeed {
    pub(crate) fn start(flags: &[&str]) -> Self {
        Self::start_with(flags, |_| ())
    }

    pub(crate) fn start_with(flags: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        let mut command = command();
        change(command.args(["--port", "0"]).args(flags));
        let running = Running::spawn(&mut command);
        let address = address(&running);
        Self { running, address }
    }

    pub(crate) fn wire(&self) -> Wire {
        Wire::connect(self.address)
    }

    /// Returns the lines of the access log so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        let output = self.running.output();
        let lines = output.lines();
        let entries = lines.filter_map(|line| Some(line.split_once("squall::access: ")?.1));
        entries.map(str::to_owned).collect()
    }
}

/// Returns the command of the built example, without the environment's settings.
pub(crate) fn command() -> Command {
    let mut command = Command::new(example());
    command.env_remove("RUST_LOG").env("RUST_BACKTRACE", "0");
    command
}

pub(crate) fn example() -> PathBuf {
    built("friendfeed")
}

/// Returns the path of an example, which cargo builds with the tests.
pub(crate) fn built(name: &str) -> PathBuf {
    let test = env::current_exe().expect("the path of this test");
    let profile = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST");
    let example = profile.join("examples").join(name);
    assert!(
        example.exists(),
        "there is no {}; `cargo test` builds it, `cargo test --test it` does not",
        example.display()
    );
    example
}

/// Returns the TCP address of the log line `listening on`.
pub(crate) fn address(running: &Running) -> SocketAddr {
    address_by(running, "http://")
}

/// As [`address`], for another scheme.
pub(crate) fn address_by(running: &Running, scheme: &str) -> SocketAddr {
    let line = running.wait_line(&format!("listening on {scheme}"));
    let address = line.split(scheme).nth(1);
    let address = address.and_then(|rest| rest.split(' ').next());
    let address = address.and_then(|address| address.parse().ok());
    address.unwrap_or_else(|| panic!("no address in {line:?}"))
}
