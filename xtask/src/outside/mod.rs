//! The outside programs that tests and benches need, and their installation.

mod debian;
mod python;

use crate::Result;

pub(crate) use python::warn_if_outdated;

/// A program, the package that has it, and the tests that need it.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    package: &'static str,
    wanted_by: &'static str,
}

/// Which versions of Python's packages are installed.
#[derive(Clone, Copy)]
pub(crate) enum Versions {
    /// Those of the committed requirements file.
    Pinned,
    /// The newest, which are then written to that file.
    Newest,
}

const fn program(name: &'static str, package: &'static str, wanted_by: &'static str) -> Program {
    Program {
        name,
        package,
        wanted_by,
    }
}

pub(crate) fn programs() -> impl Iterator<Item = &'static Program> {
    debian::PROGRAMS.iter().chain(python::PROGRAMS)
}

/// Installs the programs that are missing, and Python's also where they are outdated.
pub(crate) fn install(versions: Versions) -> Result {
    debian::install()?;
    python::install(versions)?;
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
        None => format!("{name} is missing, and xtask/src/outside has no line for it"),
    }
}

impl Program {
    fn is_here(&self) -> bool {
        testkit::find_outside(self.name).is_some()
    }
}
