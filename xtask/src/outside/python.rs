//! Outside programs from PyPI, in a virtual environment of the workspace, at the versions of [`PINS`].

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::{Program, Versions, debian, program};
use crate::Result;
use crate::command::{command, read, root, run};

pub(super) const PROGRAMS: &[Program] = &[
    program(
        "granian",
        "granian",
        "the bench `disturb`, and the tests in WSGI servers",
    ),
    program(
        "gunicorn",
        "gunicorn",
        "the tests that supervise a program of another language",
    ),
    program(
        "kosoku",
        "kosoku",
        "the tests of WebSockets with Autobahn's cases",
    ),
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
        "uvicorn",
        "uvicorn",
        "the tests that supervise a program of another language",
    ),
    program(
        "python-with-canaille",
        "canaille[front,oidc,server]",
        "the tests with an OpenID provider",
    ),
    program(
        "python-with-flask",
        "flask",
        "the tests of an application below a prefix of an old site",
    ),
    program(
        "python-with-tornado",
        "tornado",
        "the tests beside a real Tornado",
    ),
    program(
        "python-with-websockets",
        "websockets",
        "the tests of WebSockets with a client that is not ours",
    ),
    // Built already, as `uwsgi` is not.
    program("uwsgi", "pyuwsgi", "the tests in WSGI servers"),
    program("waitress-serve", "waitress", "the tests in WSGI servers"),
];

/// The exact versions of these packages and of all that they depend on.
const PINS: &str = "xtask/requirements.txt";

const PINS_HEAD: &str = "\
# The versions of the Python programs that tests and benches use, with their dependencies.
# Written by `cargo xtask test --install --newest`. Commit the change when the tests pass.
";

/// A file inside the environment with all that it was made from; see [`stamp`].
const STAMP: &str = "stamp";

/// A name with this prefix is Python itself, and ends in the module that it can import.
const PYTHON_WITH: &str = "python-with-";

/// Makes the environment anew unless it is up to date.
pub(super) fn install(versions: Versions) -> Result {
    match versions {
        Versions::Pinned if is_up_to_date() => Ok(()),
        Versions::Pinned => {
            make_venv()?;
            pip(&["--requirement", PINS])?;
            finish()
        }
        Versions::Newest => {
            make_venv()?;
            let packages: Vec<_> = PROGRAMS.iter().map(|program| program.package).collect();
            pip(&packages)?;
            let frozen = read(&mut command(bin("pip"), "freeze"))?;
            fs::write(root().join(PINS), format!("{PINS_HEAD}{frozen}"))?;
            finish()
        }
    }
}

/// Warns about an environment that the pins, Python or the workspace's path have left behind.
pub(crate) fn warn_if_outdated() {
    if venv().is_dir() && !is_up_to_date() {
        eprintln!(
            "outdated: {} is not at the versions of {PINS}; update it with: cargo xtask test --install",
            testkit::VENV
        );
    }
}

fn is_up_to_date() -> bool {
    let made_from = fs::read_to_string(venv().join(STAMP));
    PROGRAMS.iter().all(Program::is_here)
        && made_from.is_ok_and(|made_from| stamp().is_ok_and(|stamp| stamp == made_from))
}

/// The packages stand in the folder of one Python version, and their scripts name the environment's path.
fn stamp() -> Result<String> {
    let python = read(&mut command("python3", "--version"))?;
    let pins = fs::read_to_string(root().join(PINS))?;
    Ok(format!("{python}{}\n{pins}", venv().display()))
}

fn make_venv() -> Result {
    // Debian has split this module off from its Python.
    if read(&mut command("python3", "-m ensurepip --version")).is_err() {
        debian::apt_get(&["python3-venv"])?;
    }
    run(command("python3", "-m venv --clear").arg(venv()))
}

fn pip(packages: &[&str]) -> Result {
    let install = "install --quiet --disable-pip-version-check";
    run(command(bin("pip"), install).args(packages))
}

/// The stamp comes last: an installation that was interrupted is done again.
fn finish() -> Result {
    for python in PROGRAMS {
        if python.name.starts_with(PYTHON_WITH) {
            symlink("python3", bin(python.name))?;
        }
    }
    Ok(fs::write(venv().join(STAMP), stamp()?)?)
}

fn venv() -> PathBuf {
    root().join(testkit::VENV)
}

fn bin(program: &str) -> PathBuf {
    venv().join("bin").join(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pins() -> Vec<String> {
        let pins = fs::read_to_string(root().join(PINS)).unwrap();
        let pins = pins.strip_prefix(PINS_HEAD).expect("the head of the file");
        pins.lines().map(str::to_lowercase).collect()
    }

    #[test]
    fn each_line_of_the_requirements_pins_one_package() {
        for line in pins() {
            let (name, version) = line.split_once("==").expect(&line);
            let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            assert!(name.chars().all(is_name), "{line}");
            let is_version = |c: char| c.is_ascii_alphanumeric() || ".!+".contains(c);
            assert!(version.chars().all(is_version), "{line}");
        }
    }

    #[test]
    fn each_program_has_its_package_in_the_requirements() {
        let pins = pins();
        for program in PROGRAMS {
            let package = program.package.split('[').next().unwrap();
            let pinned = pins
                .iter()
                .any(|pin| pin.split_once("==").unwrap().0 == package);
            assert!(pinned, "{package}");
        }
    }
}
