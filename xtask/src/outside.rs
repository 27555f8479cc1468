//! The outside programs that tests want, and how to get them.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::process::Command;

use crate::Result;
use crate::command::{command, read, root, run};

/// A program, the package that has it, and the tests that ask for it.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    package: &'static str,
    wanted_by: &'static str,
}

/// From Debian's packages.
const DEBIAN: &[Program] = &[
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
    program("haproxy", "haproxy", "the tests behind a load balancer"),
    program("nginx", "nginx", "the tests behind a reverse proxy"),
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
    program(
        "python3",
        "python3",
        "the tests that supervise a program of another language",
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
    program("taskset", "util-linux", "the tests that count the CPUs"),
    program(
        "unshare",
        "util-linux",
        "the tests as process 1 of a container",
    ),
];

/// From PyPI, into a virtual environment inside the workspace.
const PYPI: &[Program] = &[
    program("granian", "granian", "the bench `disturb`"),
    program(
        "pybabel",
        "jinja2[i18n]",
        "the tests of translations with the tools that make them",
    ),
    program(
        "supervisord",
        "supervisor",
        "the tests of the files in deploy/",
    ),
    program(
        "python-with-canaille",
        "canaille[front,oidc,server]",
        "the tests with an OpenID provider",
    ),
    program(
        "python-with-tornado",
        "tornado",
        "the tests beside a real Tornado",
    ),
];

/// What begins so is Python itself, under a name that says which module it can import.
const PYTHON_WITH: &str = "python-with-";

const fn program(name: &'static str, package: &'static str, wanted_by: &'static str) -> Program {
    Program {
        name,
        package,
        wanted_by,
    }
}

pub(crate) fn programs() -> impl Iterator<Item = &'static Program> {
    DEBIAN.iter().chain(PYPI)
}

/// Installs what is missing.
pub(crate) fn install() -> Result {
    apt_get(&missing(DEBIAN))?;
    pip(&missing(PYPI))?;
    link_pythons()?;
    match programs().find(|program| !program.is_here()) {
        Some(program) => Err(format!(
            "there is no {} even after installing {}",
            program.name, program.package
        )
        .into()),
        None => Ok(()),
    }
}

/// One line about a program that is missing.
pub(crate) fn how_to_get(name: &str) -> String {
    match programs().find(|program| program.name == name) {
        Some(program) => format!(
            "{name} is missing, for {}; get it with: cargo xtask test --install",
            program.wanted_by
        ),
        None => format!("{name} is missing, and xtask/src/outside.rs does not know it"),
    }
}

impl Program {
    fn is_here(&self) -> bool {
        testkit::find_outside(self.name).is_some()
    }
}

fn missing(programs: &[Program]) -> Vec<&str> {
    programs
        .iter()
        .filter(|program| !program.is_here())
        .map(|program| program.package)
        .collect()
}

fn apt_get(packages: &[&str]) -> Result {
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

fn pip(packages: &[&str]) -> Result {
    if packages.is_empty() {
        return Ok(());
    }
    let venv = root().join(testkit::VENV);
    if !venv.join("bin/pip").is_file() {
        // Debian has split this module off from its Python.
        if read(&mut command("python3", "-m ensurepip --version")).is_err() {
            apt_get(&["python3-venv"])?;
        }
        run(command("python3", "-m venv").arg(&venv))?;
    }
    run(command(venv.join("bin/pip"), "install --quiet").args(packages))
}

fn link_pythons() -> Result {
    let pythons = PYPI
        .iter()
        .filter(|program| program.name.starts_with(PYTHON_WITH) && !program.is_here());
    for python in pythons {
        symlink(
            "python3",
            root().join(testkit::VENV).join("bin").join(python.name),
        )?;
    }
    Ok(())
}
