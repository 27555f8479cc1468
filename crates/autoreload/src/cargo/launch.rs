//! The launch of a program: what `cargo run` would execute, recorded by a runner of ours.
//!
//! cargo decides which binary of which package runs, and in which environment: library paths of
//! build scripts, `CARGO_PKG_*`, `[env]`. So cargo itself starts our runner in place of the
//! program, and the runner writes down what it was given.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use serde::{Deserialize, Serialize};

/// The environment variable with the path of the file that [`Launch::record`] writes.
const RECORD: &str = "SQUALL_DEV_LAUNCH";

/// A program, its arguments and its environment, as `cargo run` starts it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    directory: PathBuf,
    /// The executable that cargo has built.
    executable: PathBuf,
    /// The executable, or the runner that starts it.
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
}

impl Launch {
    /// Writes the launch of this process, a runner under `cargo run`, to a file that
    /// [`CargoRun`](crate::CargoRun) has named. `words` are the program and its arguments.
    ///
    /// # Errors
    ///
    /// If this process is not such a runner, or the file cannot be written.
    pub fn record(words: impl IntoIterator<Item = OsString>) -> io::Result<()> {
        let file = env::var_os(RECORD).ok_or_else(|| {
            io::Error::other(format!(
                "{RECORD} is not set: `squall dev` did not start this"
            ))
        })?;
        let mut words = words.into_iter();
        let program = words.next().ok_or_else(|| io::Error::other("no program"))?;
        let directory = env::current_dir()?;
        let executable = directory.join(program);
        let launch = Self {
            program: executable.clone(),
            executable,
            directory,
            arguments: words.collect(),
            environment: env::vars_os().filter(|(name, _)| name != RECORD).collect(),
        };
        fs::write(file, serde_json::to_vec(&launch)?)
    }

    /// Returns the launch of any other command, with this process's environment.
    ///
    /// # Errors
    ///
    /// If there is no word, or the current directory is unknown.
    pub fn new(words: impl IntoIterator<Item = OsString>) -> io::Result<Self> {
        let mut words = words.into_iter();
        let program = words.next().ok_or_else(|| io::Error::other("no program"))?;
        Ok(Self {
            directory: env::current_dir()?,
            executable: program.clone().into(),
            program: program.into(),
            arguments: words.collect(),
            environment: env::vars_os().collect(),
        })
    }

    /// Returns the path of the executable that cargo has built.
    #[must_use]
    pub fn executable(&self) -> &Path {
        &self.executable
    }

    /// Returns the command that `cargo run` executes, as arguments of another program, which
    /// executes them.
    ///
    /// # Panics
    ///
    /// If there is no word.
    #[must_use]
    pub fn through<'a>(&'a self, words: impl IntoIterator<Item = &'a OsStr>) -> Command {
        let mut words = words.into_iter();
        let mut command = Command::new(words.next().expect("a program"));
        command
            .args(words)
            .arg(&self.program)
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.directory);
        command
    }
}

/// Where a build records its launch.
#[derive(Clone, Debug)]
pub(super) struct Recorder {
    /// The runner's command line, of which cargo splits words at white space.
    command: String,
    file: PathBuf,
}

impl Recorder {
    /// `runner` calls [`Launch::record`] with its arguments.
    ///
    /// # Errors
    ///
    /// If a word of the runner has white space or is not UTF-8: cargo could not execute it.
    pub(super) fn new(runner: &[&OsStr], file: PathBuf) -> io::Result<Self> {
        let words: Option<Vec<&str>> = runner.iter().map(|word| word.to_str()).collect();
        let words =
            words.filter(|words| !words.iter().any(|word| word.contains(char::is_whitespace)));
        let words = words.ok_or_else(|| {
            io::Error::other(format!(
                "cargo cannot execute the runner {runner:?}: a word has white space"
            ))
        })?;
        Ok(Self {
            command: words.join(" "),
            file,
        })
    }

    pub(super) fn runner(&self) -> &str {
        &self.command
    }

    /// Sets the runner in the command's environment.
    pub(super) fn apply(&self, command: &mut Command, variable: &str) {
        // A launch of the last build must not be taken for one of this build.
        let _ = fs::remove_file(&self.file);
        command.env(variable, &self.command).env(RECORD, &self.file);
    }

    /// Returns the recorded launch, with the runner that the user has configured.
    pub(super) fn launch(&self, variable: &str, runner: Option<&UserRunner>) -> io::Result<Launch> {
        let text = fs::read(&self.file).map_err(|error| {
            let reason = "cargo did not call the runner of `squall dev`";
            io::Error::new(error.kind(), format!("{reason}: {error}"))
        })?;
        let mut launch: Launch = serde_json::from_slice(&text)?;
        launch.environment.retain(|(name, _)| name != variable);
        if let Some(runner) = runner {
            if let Some(value) = &runner.variable {
                launch.environment.push((variable.into(), value.clone()));
            }
            launch.program.clone_from(&runner.program);
            let executable = launch.executable.clone().into();
            let words = runner.arguments.iter().cloned().chain([executable]);
            launch.arguments.splice(0..0, words);
        }
        Ok(launch)
    }
}

/// The runner in cargo's configuration: a program that starts executables, such as an emulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UserRunner {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    /// The environment variable's value, if the runner comes from there.
    pub(super) variable: Option<OsString>,
}
