//! The program that workers run, and its generations.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::machine::Generation;

/// What to execute.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Where the next generation is found. Symbolic links are followed then, not now.
    pub(crate) path: PathBuf,
    pub(crate) name: OsString,
    pub(crate) arguments: Vec<OsString>,
}

impl Program {
    /// This program, with its arguments.
    pub(crate) fn current() -> io::Result<Self> {
        let mut arguments = env::args_os();
        let running = env::current_exe()?;
        let name = arguments.next().unwrap_or_else(|| running.clone().into());
        // Through argv[0] a link such as `current` leads to the next release, and `current_exe` does not.
        let found = search(&name).filter(|path| is_same_file(path, Path::new("/proc/self/exe")));
        Ok(Self {
            path: found.unwrap_or(running),
            name,
            arguments: arguments.collect(),
        })
    }

    pub(crate) fn foreign(name: OsString, arguments: Vec<OsString>) -> Self {
        Self {
            path: search(&name).unwrap_or_else(|| PathBuf::from(&name)),
            name,
            arguments,
        }
    }

    /// The executable as it is on disk now.
    pub(crate) fn open(&self) -> io::Result<Executable> {
        let file = File::open(&self.path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.permissions().mode() & 0o111 == 0 {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "not an executable file",
            ));
        }
        let mut magic = Vec::new();
        (&file).take(4).read_to_end(&mut magic)?;
        // Anything else `exec` would hand to a shell, line by line.
        match magic.as_slice() {
            b"\x7fELF" => Ok(Executable::Binary(file.into())),
            [b'#', b'!', ..] => Ok(Executable::Script(self.path.clone())),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "neither a program nor a script",
            )),
        }
    }
}

/// One generation's file.
#[derive(Debug)]
pub(crate) enum Executable {
    /// Kept open, so that it can be started after a deploy has replaced it.
    Binary(OwnedFd),
    /// An interpreter wants the script's own name, so a script is always started as it is on disk.
    Script(PathBuf),
}

/// The executables of the generations that may still be started.
#[derive(Debug)]
pub(crate) struct Generations {
    pub(crate) program: Program,
    pub(crate) open: BTreeMap<Generation, Executable>,
}

impl Generations {
    pub(crate) fn new(program: Program) -> Self {
        Self {
            program,
            open: BTreeMap::new(),
        }
    }

    /// A generation is what was on disk when it was first asked for.
    pub(crate) fn get(&mut self, generation: Generation) -> io::Result<&Executable> {
        if !self.open.contains_key(&generation) {
            let executable = self.program.open().map_err(|error| {
                io::Error::new(
                    error.kind(),
                    format!("{}: {error}", self.program.path.display()),
                )
            })?;
            self.open.insert(generation, executable);
        }
        Ok(&self.open[&generation])
    }

    pub(crate) fn keep(&mut self, wanted: &BTreeSet<Generation>) {
        self.open
            .retain(|generation, _| wanted.contains(generation));
    }
}

/// Finds a program as a shell does.
fn search(name: &OsString) -> Option<PathBuf> {
    let path = Path::new(name);
    if path.components().count() > 1 || path.is_absolute() {
        return std::path::absolute(path).ok();
    }
    let directories = env::var_os("PATH")?;
    env::split_paths(&directories)
        .map(|directory| directory.join(path))
        .find(|path| path.is_file())
}

pub(crate) fn is_same_file(left: &Path, right: &Path) -> bool {
    let identity = |path: &Path| path.metadata().map(|found| (found.dev(), found.ino()));
    matches!((identity(left), identity(right)), (Ok(left), Ok(right)) if left == right)
}
