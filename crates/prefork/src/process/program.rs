//! The program that workers run, and its generations.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ffi::OsString,
    fs::File,
    io::{self, Read},
    os::{
        fd::OwnedFd,
        unix::fs::{MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use crate::{policy::Generation, system};

/// A program as it was configured; what it leads to on disk is looked up for each generation.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Where the next generation is found. Symbolic links are followed then, not now.
    pub(crate) path: PathBuf,
    pub(crate) name: OsString,
    pub(crate) arguments: Vec<OsString>,
    /// The working directory of the next generation, symbolic links included. `None` where the
    /// supervisor's own has been deleted.
    pub(crate) directory: Option<PathBuf>,
}

impl Program {
    /// This program, with its arguments.
    pub(crate) fn current() -> io::Result<Self> {
        let mut arguments = env::args_os();
        let running = env::current_exe()?;
        let name = arguments.next().unwrap_or_else(|| running.clone().into());
        let directory = logical_directory();
        // Through argv[0] a link such as `current` leads to the next release, and `current_exe`
        // does not.
        let found = search(&name, directory.as_deref())
            .filter(|path| is_same_file(path, &system::own_executable()));
        Ok(Self {
            path: found.unwrap_or(running),
            name,
            arguments: arguments.collect(),
            directory,
        })
    }

    /// Another program. A relative path is relative to its working directory.
    pub(crate) fn foreign(
        name: OsString,
        arguments: Vec<OsString>,
        directory: Option<PathBuf>,
    ) -> Self {
        let directory = directory.or_else(logical_directory);
        Self {
            path: search(&name, directory.as_deref()).unwrap_or_else(|| PathBuf::from(&name)),
            name,
            arguments,
            directory,
        }
    }

    /// The executable as it is on disk now.
    pub(crate) fn open(&self) -> io::Result<Executable> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return open_unreadable(&self.path).unwrap_or(Err(error));
            }
            Err(error) => return Err(error),
        };
        check_executable(&file)?;
        let mut magic = Vec::new();
        (&file).take(4).read_to_end(&mut magic)?;
        // Anything else `exec` would hand to a shell, line by line.
        match magic.as_slice() {
            magic if system::is_program(magic) && system::executes_descriptors() => {
                Ok(Executable::Binary(file.into()))
            }
            magic if system::is_program(magic) || magic.starts_with(b"#!") => Ok(Executable::Path(
                self.path.canonicalize().unwrap_or(self.path.clone()),
            )),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "neither a program nor a script",
            )),
        }
    }

    fn open_directory(&self) -> io::Result<Option<OwnedFd>> {
        self.directory.as_deref().map(open_directory).transpose()
    }
}

/// A compiled program of mode 0711: this user may execute and not read it.
#[cfg(target_os = "linux")]
fn open_unreadable(path: &Path) -> Option<io::Result<Executable>> {
    use rustix::fs::{Mode, OFlags, open};

    let file = open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let file = File::from(file);
    Some(check_executable(&file).map(|()| Executable::Binary(file.into())))
}

#[cfg(not(target_os = "linux"))]
fn open_unreadable(_: &Path) -> Option<io::Result<Executable>> {
    None
}

fn check_executable(file: &File) -> io::Result<()> {
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.permissions().mode() & 0o111 != 0 {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        "not an executable file",
    ))
}

fn open_directory(path: &Path) -> io::Result<OwnedFd> {
    use rustix::fs::{Mode, OFlags, open};

    // To enter a directory takes less than to read it.
    #[cfg(target_os = "linux")]
    let access = OFlags::PATH;
    #[cfg(not(target_os = "linux"))]
    let access = OFlags::RDONLY;
    let flags = access | OFlags::DIRECTORY | OFlags::CLOEXEC;
    open(path, flags, Mode::empty()).map_err(|error| {
        let reason = io::Error::from(error);
        let text = format!("working directory {}: {reason}", path.display());
        io::Error::new(reason.kind(), text)
    })
}

/// One generation's file.
#[derive(Debug)]
pub(crate) enum Executable {
    /// Kept open, so that it can be started after a deploy has replaced it.
    Binary(OwnedFd),
    /// A script, which its interpreter opens by its path, or any program where the system cannot
    /// execute a descriptor: it is started as it is on disk there. Symbolic links were followed
    /// once, so a release that lies elsewhere by now stays the same.
    Path(PathBuf),
}

impl Executable {
    /// Names the program in the error of a failed start. The kernel reports a missing interpreter
    /// as if the script were missing.
    pub(crate) fn cannot_start(&self, program: &Program, error: &io::Error) -> io::Error {
        let text = match self {
            Self::Path(path) if error.kind() == io::ErrorKind::NotFound && path.exists() => {
                format!(
                    "{}: the interpreter in its first line is missing",
                    path.display()
                )
            }
            Self::Path(path) => format!("{}: {error}", path.display()),
            Self::Binary(_) => format!("{}: {error}", program.path.display()),
        };
        io::Error::new(error.kind(), text)
    }
}

/// The executables of the generations that may still be started, each with its working directory.
#[derive(Debug)]
pub(crate) struct Generations {
    pub(crate) program: Program,
    pub(crate) open: BTreeMap<Generation, Executable>,
    pub(crate) directories: BTreeMap<Generation, OwnedFd>,
}

impl Generations {
    pub(crate) fn new(program: Program) -> Self {
        Self {
            program,
            open: BTreeMap::new(),
            directories: BTreeMap::new(),
        }
    }

    /// Opens a generation as it is on disk when its first worker is spawned, and keeps it.
    pub(crate) fn get(&mut self, generation: Generation) -> io::Result<&Executable> {
        if !self.open.contains_key(&generation) {
            let executable = self.program.open().map_err(|error| {
                io::Error::new(
                    error.kind(),
                    format!("{}: {error}", self.program.path.display()),
                )
            })?;
            if let Some(directory) = self.program.open_directory()? {
                self.directories.insert(generation, directory);
            }
            self.open.insert(generation, executable);
        }
        Ok(&self.open[&generation])
    }

    pub(crate) fn keep(&mut self, wanted: &BTreeSet<Generation>) {
        self.open
            .retain(|generation, _| wanted.contains(generation));
        self.directories
            .retain(|generation, _| wanted.contains(generation));
    }
}

/// The working directory as the shell shows it: through a link such as `current`, which leads to
/// the next release after a deploy.
pub(crate) fn logical_directory() -> Option<PathBuf> {
    let shown = env::var_os("PWD").map(PathBuf::from);
    shown
        .filter(|path| path.is_absolute() && is_same_file(path, Path::new(".")))
        .or_else(|| env::current_dir().ok())
}

/// Finds a program as a shell does.
fn search(name: &OsString, directory: Option<&Path>) -> Option<PathBuf> {
    let path = Path::new(name);
    let directory = directory.unwrap_or(Path::new(""));
    if path.components().count() > 1 || path.is_absolute() {
        return std::path::absolute(directory.join(path)).ok();
    }
    let directories = env::var_os("PATH")?;
    env::split_paths(&directories)
        .map(|place| directory.join(place).join(path))
        .find(|path| path.is_file())
}

pub(crate) fn is_same_file(left: &Path, right: &Path) -> bool {
    let identity = |path: &Path| path.metadata().map(|found| (found.dev(), found.ino()));
    matches!((identity(left), identity(right)), (Ok(left), Ok(right)) if left == right)
}
