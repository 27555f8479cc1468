//! What is run: a package that cargo builds first, or any other command.

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

use super::session::{Event, Outcome};

pub(super) struct Project {
    command: Vec<OsString>,
    cargo: Option<Cargo>,
    here: PathBuf,
    /// What the program reads when it starts.
    extra: Vec<PathBuf>,
}

struct Cargo {
    run: CargoRun,
    sources: Sources,
    /// A manifest has changed since cargo was asked for the sources.
    is_doubtful: bool,
    executable: Option<Executable>,
    running: Option<Identity>,
}

/// A file that is replaced is another, even under the same name.
type Identity = (u64, u64, Option<SystemTime>);

impl Project {
    pub(super) fn new(command: Vec<OsString>, watch: &[PathBuf]) -> io::Result<Self> {
        let here = env::current_dir()?;
        let cargo = match CargoRun::parse(&command).map_err(io::Error::other)? {
            Some(run) => Some(Cargo {
                sources: run.sources()?,
                run,
                is_doubtful: false,
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

    /// What is watched.
    pub(super) fn roots(&self) -> Roots {
        let own = match &self.cargo {
            Some(cargo) => cargo.sources.roots(),
            None => Roots::new().sources(&self.here),
        };
        self.extra.iter().fold(own, Roots::path)
    }

    /// What changed files ask for.
    pub(super) fn meaning(&mut self, files: &BTreeSet<PathBuf>) -> Option<Event> {
        let any = |is: &dyn Fn(&Path) -> bool| files.iter().any(|file| is(file));
        let is_source = match &mut self.cargo {
            Some(cargo) => {
                cargo.is_doubtful |= any(&|file| cargo.sources.is_for_cargo(file));
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

    /// Nothing where nothing has to be built.
    pub(super) fn build(&self) -> Option<io::Result<Building>> {
        self.cargo.as_ref().map(|cargo| cargo.run.build())
    }

    /// What a build means for what runs. Afterwards, there may be more to watch.
    pub(super) fn choose(&mut self, built: Built) -> io::Result<Outcome> {
        let Some(cargo) = self.cargo.as_mut().filter(|_| built.success) else {
            return Ok(Outcome::Failed(built.errors));
        };
        if cargo.is_doubtful {
            cargo.sources = cargo.run.sources()?;
            cargo.is_doubtful = false;
        }
        let executable = cargo.sources.choose(&built.executables)?;
        cargo.sources = cargo.sources.clone().with(&executable);
        let is_same = cargo.running == Some(identity(&executable)?);
        cargo.executable = Some(executable);
        Ok(if is_same { Outcome::Same } else { Outcome::New })
    }

    /// The program as it is now, which counts as the one that runs.
    pub(super) fn program(&mut self) -> Command {
        if let Some(cargo) = &mut self.cargo
            && let Some(executable) = &cargo.executable
        {
            cargo.running = identity(executable).ok();
            return cargo.run.command(executable);
        }
        let (name, arguments) = self.command.split_first().expect("clap requires a command");
        let mut command = Command::new(name);
        command.args(arguments);
        command
    }
}

fn identity(executable: &Executable) -> io::Result<Identity> {
    let found = executable.path.metadata()?;
    Ok((found.ino(), found.len(), found.modified().ok()))
}
