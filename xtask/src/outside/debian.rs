//! Outside programs from Debian's packages: the table, and their installation with apt-get.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use super::{Program, program};
use crate::Result;
use crate::command::{command, run};

pub(super) const PROGRAMS: &[Program] = &[
    program("apache2", "apache2-bin", "the tests in WSGI servers"),
    program(
        "chromedriver",
        "chromium-driver",
        "the tests with a real browser",
    ),
    program("chromium", "chromium", "the tests with a real browser"),
    program(
        "curl",
        "curl",
        "the tests of the server and the examples with a client that is not ours",
    ),
    program(
        "env",
        "coreutils",
        "the tests with signals that a parent has blocked",
    ),
    program("faketime", "faketime", "`cargo xtask chaos`"),
    program("h2load", "nghttp2-client", "the bench `peers`"),
    program("haproxy", "haproxy", "the tests behind a load balancer"),
    program(
        "mod_wsgi.so",
        "libapache2-mod-wsgi-py3",
        "the tests in WSGI servers",
    ),
    program("nghttpd", "nghttp2-server", "the bench `peers`"),
    program("nginx", "nginx", "the tests behind a reverse proxy"),
    program(
        "node",
        "nodejs",
        "the tests of WebSockets with a client that is not ours, and those that supervise a program of another language",
    ),
    program(
        "nsenter",
        "util-linux",
        "the tests as process 1 of a container",
    ),
    program(
        "openssl",
        "openssl",
        "the tests of TLS with a client that is not ours",
    ),
    program("prlimit", "util-linux", "`cargo xtask chaos`"),
    program(
        "python3",
        "python3",
        "the tests that supervise a program of another language",
    ),
    program(
        "redis-server",
        "redis-server",
        "the tests of messages between processes",
    ),
    program(
        "setcap",
        "libcap2-bin",
        "the tests of a supervisor with file capabilities",
    ),
    program(
        "setpriv",
        "util-linux",
        "the tests of a supervisor that another user asks",
    ),
    program(
        "systemd-analyze",
        "systemd",
        "the tests of the files in deploy/",
    ),
    program(
        "systemd-socket-activate",
        "systemd",
        "the tests with sockets that are passed in",
    ),
    program("ss", "iproute2", "the tests of a socket's backlog"),
    program("strip", "binutils", "the bench `peers`"),
    program("taskset", "util-linux", "the tests that count the CPUs"),
    program(
        "unshare",
        "util-linux",
        "the tests as process 1 of a container",
    ),
    program("valgrind", "valgrind", "the bench `peers`"),
    program("wrk", "wrk", "the benches with load"),
    program(
        "ws/index.js",
        "node-ws",
        "the tests of WebSockets with a client that is not ours",
    ),
];

/// Installs the packages of the programs that are missing.
pub(super) fn install() -> Result {
    let missing: Vec<_> = PROGRAMS
        .iter()
        .filter(|program| !program.is_here())
        .map(|program| program.package)
        .collect();
    apt_get(&missing)
}

pub(super) fn apt_get(packages: &[&str]) -> Result {
    if packages.is_empty() {
        return Ok(());
    }
    if testkit::find_outside("apt-get").is_none() {
        return Err(format!(
            "--install knows Debian only: please get {} in your system's way",
            packages.join(", ")
        )
        .into());
    }
    run(&mut as_root("apt-get update")?)?;
    run(as_root("apt-get install --yes --no-install-recommends")?.args(packages))
}

/// Through sudo, unless we are root already.
fn as_root(line: &str) -> Result<Command> {
    // Set by `env`, since sudo clears the environment.
    let line = format!("DEBIAN_FRONTEND=noninteractive {line}");
    Ok(if fs::metadata("/proc/self")?.uid() == 0 {
        command("env", &line)
    } else {
        command("sudo", &format!("env {line}"))
    })
}
