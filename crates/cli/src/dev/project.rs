//! The developed program: a cargo package that is built first, or any other command.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ffi::{OsStr, OsString},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use squall_autoreload::{
    Building, Built, CargoRun, Change, Diagnostic, Launch, Roots, Sources, Status,
};

use super::{
    feedback::{Feedback, Verdict},
    helper, print_status, processes,
    session::{BuildId, BuildOutcome, Event},
};

/// The name of the link to this executable in the directory of `squall dev`.
pub(super) const SQUALL: &str = "squall";

/// A file that changes so soon after the start of the program may be written by it.
const START: Duration = Duration::from_secs(1);

/// A file's time may be so much before the time of the clock at which it was written.
const CLOCK: Duration = Duration::from_millis(20);

pub(super) struct Project {
    cargo: Option<Cargo>,
    here: PathBuf,
    /// Files and directories of `--watch`, which the program reads at start.
    extra: Vec<PathBuf>,
    /// The directory of `squall dev`, for the runner and what it records.
    private: PathBuf,
    launch: Option<Launch>,
    feedback: Feedback,
    /// The running or the last build.
    build_began: Option<SystemTime>,
    build_ended: Option<SystemTime>,
    started: Option<SystemTime>,
    /// The changed files that have started the build or restart.
    reason: String,
}

struct Cargo {
    run: CargoRun,
    sources: Sources,
    /// A manifest has changed since `sources` was read from cargo.
    is_stale: bool,
    /// The executable of the last good build, and the running one.
    built: Option<FileIdentity>,
    running: Option<FileIdentity>,
}

/// Inode, length and modification time: a replaced file differs in one of them.
type FileIdentity = (u64, u64, Option<SystemTime>);

impl Project {
    pub(super) fn new(
        command: Vec<OsString>,
        watch: &[PathBuf],
        private: &Path,
    ) -> io::Result<Self> {
        let here = env::current_dir()?;
        let cargo = match CargoRun::parse(&command).map_err(io::Error::other)? {
            Some(mut run) => Some(Cargo {
                sources: run.sources()?,
                run: run.through(helper_words(private, "build")),
                is_stale: false,
                built: None,
                running: None,
            }),
            None => None,
        };
        let launch = match cargo {
            Some(_) => None,
            None => Some(Launch::new(command)?),
        };
        Ok(Self {
            extra: watch.iter().map(|path| here.join(path)).collect(),
            private: private.to_owned(),
            launch,
            cargo,
            here,
            feedback: Feedback::default(),
            build_began: None,
            build_ended: None,
            started: None,
            reason: String::new(),
        })
    }

    pub(super) fn has_build(&self) -> bool {
        self.cargo.is_some()
    }

    pub(super) fn here(&self) -> &Path {
        &self.here
    }

    /// Returns the files that have started the build or restart, for people.
    pub(super) fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns the files and directories to watch.
    pub(super) fn roots(&self) -> Roots {
        let own = match &self.cargo {
            Some(cargo) => cargo.sources.roots(),
            None => Roots::new().sources(&self.here),
        };
        self.extra.iter().fold(own, Roots::named)
    }

    /// Lets all files count again, also those that a build or the program seems to write.
    pub(super) fn reset(&mut self) {
        self.feedback.reset();
        self.reason = "key r".to_owned();
    }

    /// Returns the event that a set of changed files causes, if any.
    pub(super) fn classify(&mut self, files: &BTreeMap<PathBuf, Change>) -> Option<Event> {
        let is_building = self.build_began.is_some() && self.build_ended.is_none();
        let mut changes = BTreeMap::new();
        for (path, change) in files {
            let during_build = self.is_during_build(change, is_building);
            // A build script often writes what is there already.
            if during_build && change.is_touch || self.is_written_by_program(path) {
                continue;
            }
            if let Some(cargo) = &mut self.cargo {
                cargo.is_stale |= cargo.sources.is_for_cargo(path);
                if !during_build {
                    self.feedback.unmute(path);
                }
            }
            let is_suspect = during_build || self.is_after_start(change);
            changes.insert(path.as_path(), is_suspect);
        }
        if changes.is_empty() {
            return None;
        }
        let (verdict, muted) = self.feedback.judge(&changes);
        for path in muted {
            print_status(&self.muted(&path));
        }
        if verdict == Verdict::Nothing {
            return None;
        }
        self.reason = reason(&self.here, changes.keys().copied());
        let is_extra = |path: &&Path| self.extra.iter().any(|root| path.starts_with(root));
        // cargo itself writes the lock file during a build.
        let is_lock = changes.keys().all(|path| path.ends_with("Cargo.lock"));
        Some(if changes.keys().any(is_extra) {
            Event::Extra
        } else if verdict == Verdict::Later || is_lock && is_building {
            Event::SourceLater
        } else {
            Event::Source
        })
    }

    /// Starts a build. Returns `None` for a command that is not `cargo run`.
    pub(super) fn build(&mut self, build: BuildId) -> Option<io::Result<Building>> {
        let cargo = self.cargo.as_mut()?;
        // A failure is that of the build as well.
        if cargo.is_stale
            && let Ok(sources) = cargo.run.sources()
        {
            cargo.sources = sources.after(&cargo.sources);
            cargo.is_stale = false;
        }
        // A build that was cancelled may have written files too.
        if self.build_began.is_none() || self.build_ended.take().is_some() {
            self.build_began = SystemTime::now().checked_sub(CLOCK);
        }
        let words = helper_words(&self.private, "record");
        let runner: Vec<&OsStr> = words.iter().map(OsString::as_os_str).collect();
        let file = self.private.join(format!("launch-{build}"));
        Some(cargo.run.build(&runner, &file))
    }

    /// Returns whether the build failed or produced a new executable. May change [`Self::roots`].
    pub(super) fn finish_build(&mut self, built: &Built) -> io::Result<BuildOutcome> {
        let Some(cargo) = &mut self.cargo else {
            return Ok(BuildOutcome::New);
        };
        self.build_ended = Some(built.ended);
        if std::mem::take(&mut cargo.is_stale) {
            match cargo.run.sources() {
                Ok(sources) => cargo.sources = sources.after(&cargo.sources),
                // The build has failed for the same reason.
                Err(_) if built.launch.is_none() => cargo.is_stale = true,
                Err(error) => return Err(error),
            }
        }
        cargo.sources.record(built);
        let Some(launch) = &built.launch else {
            return Ok(BuildOutcome::Failed(Status::Failed {
                diagnostics: built.errors(),
                problems: self.diagnostics(built),
            }));
        };
        let is_same_launch = self.launch.as_ref() == Some(launch);
        self.launch = Some(launch.clone());
        cargo.built = Some(file_identity(launch.executable())?);
        Ok(if cargo.built == cargo.running && is_same_launch {
            BuildOutcome::Same
        } else {
            BuildOutcome::New
        })
    }

    /// Returns the diagnostics of a build, with absolute paths.
    fn diagnostics(&self, built: &Built) -> Vec<Diagnostic> {
        let mut diagnostics = built.diagnostics.clone();
        for found in &mut diagnostics {
            if let (Some(cargo), Some(file)) = (&self.cargo, &mut found.file) {
                *file = cargo.sources.locate(file);
            }
        }
        diagnostics
    }

    /// Returns how to start the program, and records its executable as the running one.
    pub(super) fn launch(&mut self) -> Option<Launch> {
        self.started = Some(SystemTime::now());
        if let Some(cargo) = &mut self.cargo {
            cargo.running = cargo.built;
        }
        self.launch.clone()
    }

    fn is_during_build(&self, change: &Change, is_building: bool) -> bool {
        let Some(began) = self.build_began else {
            return false;
        };
        change.modified.map_or(is_building, |time| {
            time >= began && self.build_ended.is_none_or(|ended| time <= ended)
        })
    }

    /// Programs under cargo have their own rule: their files do not count unless cargo names them.
    fn is_after_start(&self, change: &Change) -> bool {
        let started = self.started.filter(|_| self.cargo.is_none());
        started.is_some_and(|started| {
            change
                .modified
                .is_some_and(|time| time >= started && time <= started + START)
        })
    }

    fn is_written_by_program(&self, path: &Path) -> bool {
        self.cargo.is_none() && processes::is_written(path)
    }

    fn muted(&self, path: &Path) -> String {
        let shown = shown(&self.here, path);
        let (times, writer, until) = if self.cargo.is_some() {
            ("builds", "the build", "while a build runs")
        } else {
            ("restarts", "the program", "until r is pressed")
        };
        format!(
            "{shown} has started 3 {times} in a row, as if {writer} wrote it: it is ignored {until}; \
             use --ignore '{shown}'"
        )
    }
}

/// Returns the command line of a helper process, whose words follow.
fn helper_words(private: &Path, kind: &str) -> [OsString; 4] {
    let squall = private.join(SQUALL).into_os_string();
    [squall, helper::NAME.into(), kind.into(), "--".into()]
}

/// Returns the first file relative to this directory, and the number of others.
fn reason<'a>(here: &Path, files: impl Iterator<Item = &'a Path>) -> String {
    let files: BTreeSet<&Path> = files.collect();
    let others = files.len().saturating_sub(1);
    let first = files
        .first()
        .map(|file| shown(here, file))
        .unwrap_or_default();
    if others == 0 {
        first
    } else {
        format!("{first} and {others} more")
    }
}

fn shown(here: &Path, file: &Path) -> String {
    file.strip_prefix(here)
        .unwrap_or(file)
        .display()
        .to_string()
}

fn file_identity(executable: &Path) -> io::Result<FileIdentity> {
    let metadata = executable.metadata()?;
    Ok((metadata.ino(), metadata.len(), metadata.modified().ok()))
}
