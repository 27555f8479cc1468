//! The developed program: a cargo package that is built first, or any other command.

use std::{
    collections::BTreeSet,
    env,
    ffi::OsString,
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use squall_autoreload::{Building, Built, CargoRun, Executable, Roots, Sources};

use super::session::{BuildOutcome, Event};

pub(super) struct Project {
    command: Vec<OsString>,
    cargo: Option<Cargo>,
    here: PathBuf,
    /// Files and directories of `--watch`, which the program reads at start.
    extra: Vec<PathBuf>,
}

struct Cargo {
    run: CargoRun,
    sources: Sources,
    /// A manifest has changed since `sources` was read from cargo.
    is_stale: bool,
    executable: Option<Executable>,
    running: Option<FileIdentity>,
}

/// Inode, length and modification time: a replaced file differs in one of them.
type FileIdentity = (u64, u64, Option<SystemTime>);

impl Project {
    pub(super) fn new(command: Vec<OsString>, watch: &[PathBuf]) -> io::Result<Self> {
        let here = env::current_dir()?;
        let cargo = match CargoRun::parse(&command).map_err(io::Error::other)? {
            Some(run) => Some(Cargo {
                sources: run.sources()?,
                run,
                is_stale: false,
                executable: None,
                running: None,
            }),
            None => None,
        };
        Ok(Self {
            extra: watch.iter().map(|path| here.join(path)).collect(),
            command,
            cargo,
            here,
        })
    }

    pub(super) fn has_build(&self) -> bool {
        self.cargo.is_some()
    }

    /// Returns the files and directories to watch.
    pub(super) fn roots(&self) -> Roots {
        let own = match &self.cargo {
            Some(cargo) => cargo.sources.roots(),
            None => Roots::new().sources(&self.here),
        };
        self.extra.iter().fold(own, Roots::path)
    }

    /// Returns the event that a set of changed files causes, if any.
    pub(super) fn classify(&mut self, files: &BTreeSet<PathBuf>) -> Option<Event> {
        let any = |is: &dyn Fn(&Path) -> bool| files.iter().any(|file| is(file));
        let is_source = match &mut self.cargo {
            Some(cargo) => {
                cargo.is_stale |= any(&|file| cargo.sources.is_for_cargo(file));
                any(&|file| cargo.sources.contains(file))
            }
            None => true,
        };
        if any(&|file| self.extra.iter().any(|root| file.starts_with(root))) {
            Some(Event::Extra)
        } else {
            is_source.then_some(Event::Source)
        }
    }

    /// Starts a build. Returns `None` for a command that is not `cargo run`.
    pub(super) fn build(&self) -> Option<io::Result<Building>> {
        self.cargo.as_ref().map(|cargo| cargo.run.build())
    }

    /// Returns whether the build failed or produced a new executable. May change [`Self::roots`].
    pub(super) fn finish_build(&mut self, built: Built) -> io::Result<BuildOutcome> {
        let Some(cargo) = self.cargo.as_mut().filter(|_| built.success) else {
            return Ok(BuildOutcome::Failed(built.errors));
        };
        if cargo.is_stale {
            cargo.sources = cargo.run.sources()?;
            cargo.is_stale = false;
        }
        let executable = cargo.sources.choose(&built.executables)?;
        cargo.sources = cargo.sources.clone().with(&executable);
        let is_same = cargo.running == Some(file_identity(&executable)?);
        cargo.executable = Some(executable);
        Ok(if is_same {
            BuildOutcome::Same
        } else {
            BuildOutcome::New
        })
    }

    /// Returns the command that starts the program, and records its executable as the running one.
    pub(super) fn program(&mut self) -> Command {
        if let Some(cargo) = &mut self.cargo
            && let Some(executable) = &cargo.executable
        {
            cargo.running = file_identity(executable).ok();
            return cargo.run.command(executable);
        }
        let (name, arguments) = self.command.split_first().expect("clap requires a command");
        let mut command = Command::new(name);
        command.args(arguments);
        command
    }
}

fn file_identity(executable: &Executable) -> io::Result<FileIdentity> {
    let metadata = executable.path.metadata()?;
    Ok((metadata.ino(), metadata.len(), metadata.modified().ok()))
}
