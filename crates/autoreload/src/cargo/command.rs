//! Parser of a `cargo run` command line, split into the build and the program's command.

use std::{
    env, error,
    ffi::{OsStr, OsString},
    fmt,
    io::{self, IsTerminal},
    path::Path,
    process::{Command, Output, Stdio},
};

use super::{
    Building, Sources,
    launch::Recorder,
    runner::{RunnerConfig, sets_runner},
};

/// A `cargo run` command line, executed in two steps: build and run.
///
/// ```
/// use squall_autoreload::CargoRun;
///
/// let line = ["cargo", "run", "--example", "hello", "--", "--port", "8888"];
/// let run = CargoRun::parse(line.map(Into::into).as_slice())?.expect("it is `cargo run`");
/// assert_eq!(run.arguments(), ["--port", "8888"]);
/// # Ok::<_, squall_autoreload::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CargoRun {
    cargo: OsString,
    /// Words before the subcommand: a toolchain, and cargo's global flags.
    before: Vec<OsString>,
    flags: Vec<OsString>,
    arguments: Vec<OsString>,
    /// A program and arguments that execute the build.
    through: Vec<OsString>,
    /// The value of `--target`.
    target: Option<String>,
    config: RunnerConfig,
}

/// An error in the flags of `cargo run`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A flag that needs a value is the last word.
    NoValue(String),
    /// `--message-format`, which is set to JSON here.
    MessageFormat(String),
    /// `--config` with a runner, which would take precedence over the one that is used here.
    Runner(String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoValue(flag) => write!(f, "cargo's flag {flag} has no value"),
            Self::MessageFormat(flag) => {
                write!(
                    f,
                    "cargo's flag {flag} cannot be set: cargo's messages must be JSON here"
                )
            }
            Self::Runner(value) => write!(
                f,
                "cargo's flag --config cannot set a runner here: write {value} into \
                 .cargo/config.toml"
            ),
        }
    }
}

impl error::Error for ConfigError {}

/// The flags of `cargo run` that take a value in the next word (`cargo run --help`).
const WITH_VALUE: &[&str] = &[
    "--bin",
    "--color",
    "--config",
    "--example",
    "--features",
    "--jobs",
    "--lockfile-path",
    "--manifest-path",
    "--message-format",
    "--package",
    "--profile",
    "--target",
    "--target-dir",
    "-C",
    "-F",
    "-Z",
    "-j",
    "-p",
];

/// The flags of `cargo run` that `cargo metadata` accepts.
const FOR_METADATA: &[&str] = &[
    "--all-features",
    "--config",
    "--features",
    "--frozen",
    "--locked",
    "--lockfile-path",
    "--manifest-path",
    "--no-default-features",
    "--offline",
    "-F",
    "-Z",
];

const COLOUR: &str = "CARGO_TERM_COLOR";

/// Environment variables for output to a terminal. The progress is parsed, not shown as it is.
const FOR_TERMINALS: &[(&str, &str)] = &[
    (COLOUR, "always"),
    ("CARGO_TERM_PROGRESS_WHEN", "always"),
    ("CARGO_TERM_PROGRESS_WIDTH", "100"),
];

impl CargoRun {
    /// Parses a command line. Returns `None` for another command than `cargo run`.
    ///
    /// # Errors
    ///
    /// If a flag of `cargo run` has no value, or cannot be used here.
    pub fn parse(line: &[OsString]) -> Result<Option<Self>, ConfigError> {
        let Some((cargo, words)) = line.split_first() else {
            return Ok(None);
        };
        if Path::new(cargo)
            .file_stem()
            .is_none_or(|name| name != "cargo")
        {
            return Ok(None);
        }
        let mut words = words.iter();
        let mut before = Vec::new();
        loop {
            let Some(word) = words.next() else {
                return Ok(None);
            };
            match word.to_str() {
                Some("run" | "r") => break,
                Some(flag) if flag.starts_with(['-', '+']) => {
                    before.push(word.clone());
                    let value = if takes_next(flag) {
                        before.extend(words.next().cloned());
                        before.last().cloned()
                    } else {
                        attached(flag).map(OsString::from)
                    };
                    check(name(flag), value.as_ref())?;
                }
                _ => return Ok(None),
            }
        }
        let mut run = Self {
            cargo: cargo.clone(),
            before,
            flags: Vec::new(),
            arguments: Vec::new(),
            through: Vec::new(),
            target: None,
            config: RunnerConfig::default(),
        };
        run.read_flags(words)?;
        Ok(Some(run))
    }

    /// Returns the program's arguments.
    #[must_use]
    pub fn arguments(&self) -> &[OsString] {
        &self.arguments
    }

    /// Sets a command line before that of a build, which executes it and ends it when its standard
    /// input ends: so no build outlives this process. Default: none.
    #[must_use]
    pub fn through(mut self, words: impl IntoIterator<Item = OsString>) -> Self {
        self.through = words.into_iter().collect();
        self
    }

    /// Starts the build of `cargo run`, which ends with the [launch](crate::Built::launch) of the
    /// program. Enables colours and progress if standard error is a terminal.
    ///
    /// # Errors
    ///
    /// If cargo cannot be started, or cannot execute `runner`, a command line that calls
    /// [`Launch::record`](crate::Launch::record).
    pub fn build(&self, runner: &[&OsStr], file: &Path) -> io::Result<Building> {
        let recorder = Recorder::new(runner, file.to_owned())?;
        let mut command = match self.through.split_first() {
            Some((name, words)) => {
                let mut command = Command::new(name);
                command.args(words).arg(&self.cargo);
                command.stdin(Stdio::piped());
                command
            }
            None => {
                let mut command = Command::new(&self.cargo);
                command.stdin(Stdio::null());
                command
            }
        };
        command
            .args(&self.before)
            .arg("run")
            .args(&self.flags)
            .arg("--message-format=json-diagnostic-rendered-ansi")
            .arg("--")
            .args(&self.arguments);
        recorder.apply(&mut command, &self.config.variable);
        if io::stderr().is_terminal() {
            // cargo's standard error is a pipe, so it would disable both.
            let unset = FOR_TERMINALS
                .iter()
                .filter(|(name, _)| env::var_os(name).is_none())
                .filter(|(name, _)| *name != COLOUR || env::var_os("NO_COLOR").is_none());
            command.envs(unset.copied());
        }
        Building::start(command, recorder, self.config.clone())
    }

    /// Reads cargo's configuration again, and returns the program's sources, from `cargo metadata`.
    ///
    /// # Errors
    ///
    /// If `cargo metadata` fails; the error is its standard error.
    pub fn sources(&mut self) -> io::Result<Sources> {
        let here = env::current_dir()?;
        let loaded = RunnerConfig::load(&here, self.target.as_deref());
        let mut output = match &loaded {
            Ok(config) if !config.triple.ends_with(".json") => {
                self.metadata(&["--filter-platform", &config.triple])?
            }
            _ => self.metadata(&["--no-deps"])?,
        };
        if !output.status.success() {
            // Dependencies that no build of the program needs may be missing with --offline, such
            // as those for tests. Without dependencies, nothing is resolved.
            let own = self.metadata(&["--no-deps"])?;
            if !own.status.success() {
                return Err(failure(&output));
            }
            output = own;
        }
        // After cargo's own message about an error in its configuration.
        self.config = loaded?;
        Sources::parse(&output.stdout, &here, self.config.dep_info_base.clone())
    }

    /// Runs `cargo metadata` with the flags of this command that concern it.
    fn metadata(&self, more: &[&str]) -> io::Result<Output> {
        let mut command = Command::new(&self.cargo);
        command.args(&self.before).arg("metadata");
        let mut flags = self.flags.iter();
        while let Some(flag) = flags.next() {
            let text = flag.to_string_lossy();
            let value = takes_next(&text).then(|| flags.next()).flatten();
            if FOR_METADATA.contains(&name(&text)) {
                command.arg(flag).args(value);
            }
        }
        command.args(["--format-version", "1"]).args(more).output()
    }

    fn read_flags<'a>(
        &mut self,
        mut words: impl Iterator<Item = &'a OsString>,
    ) -> Result<(), ConfigError> {
        while let Some(word) = words.next() {
            let text = word.to_string_lossy().into_owned();
            if text == "--" {
                break;
            }
            if !text.starts_with('-') {
                self.arguments.push(word.clone());
                break;
            }
            self.flags.push(word.clone());
            let value = if takes_next(&text) {
                let value = words.next();
                let value = value.ok_or_else(|| ConfigError::NoValue(text.clone()))?;
                self.flags.push(value.clone());
                Some(value.clone())
            } else {
                attached(&text).map(OsString::from)
            };
            self.apply(name(&text), value)?;
        }
        self.arguments.extend(words.cloned());
        Ok(())
    }

    fn apply(&mut self, flag: &str, value: Option<OsString>) -> Result<(), ConfigError> {
        check(flag, value.as_ref())?;
        if flag == "--target" {
            self.target = value.map(|value| value.to_string_lossy().into_owned());
        }
        Ok(())
    }
}

/// Rejects flags that `squall dev` has to set itself.
fn check(flag: &str, value: Option<&OsString>) -> Result<(), ConfigError> {
    match (flag, value) {
        ("--message-format", _) => Err(ConfigError::MessageFormat(flag.to_owned())),
        ("--config", Some(value)) if sets_runner(value) => {
            Err(ConfigError::Runner(value.to_string_lossy().into_owned()))
        }
        _ => Ok(()),
    }
}

fn failure(output: &Output) -> io::Error {
    let text = String::from_utf8_lossy(&output.stderr);
    io::Error::other(text.trim().to_owned())
}

/// Returns `--bin` of `--bin=a`, and `-p` of `-pa`.
fn name(flag: &str) -> &str {
    match flag.split_once('=') {
        Some((name, _)) if name.starts_with("--") => name,
        _ if flag.starts_with("--") => flag,
        _ => flag.get(..2).unwrap_or(flag),
    }
}

/// Returns `a` of `--bin=a` and of `-pa`.
fn attached(flag: &str) -> Option<&str> {
    let value = flag[name(flag).len()..].trim_start_matches('=');
    (!value.is_empty()).then_some(value)
}

fn takes_next(flag: &str) -> bool {
    WITH_VALUE.contains(&flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<CargoRun>, ConfigError> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        CargoRun::parse(&words)
    }

    fn line(words: &[OsString]) -> String {
        let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    }

    #[test]
    fn command_line_is_split() {
        // Words before the subcommand, flags, arguments of the program.
        let table = [
            ("cargo run", "", "", ""),
            ("cargo r", "", "", ""),
            ("/bin/cargo run -- a", "", "", "a"),
            ("cargo run --release a --b", "", "--release", "a --b"),
            (
                "cargo run --example e -- --bin x",
                "",
                "--example e",
                "--bin x",
            ),
            (
                "cargo +nightly --offline run -q",
                "+nightly --offline",
                "-q",
                "",
            ),
            ("cargo --config a=1 run", "--config a=1", "", ""),
            ("cargo run -p a -F x,y -- -- b", "", "-p a -F x,y", "-- b"),
            ("cargo run -j4 --features=x y", "", "-j4 --features=x", "y"),
        ];
        for (command, before, flags, arguments) in table {
            let run = parse(command).unwrap().unwrap();
            let parts = [&run.before, &run.flags, &run.arguments].map(|words| line(words));
            assert_eq!(parts, [before, flags, arguments], "{command}");
        }
    }

    #[test]
    fn target_is_read_from_flags() {
        for (command, target) in [
            ("cargo run", None),
            ("cargo run --target t --bin b", Some("t")),
            ("cargo run --target=t", Some("t")),
            ("cargo run -- --target t", None),
        ] {
            let run = parse(command).unwrap().unwrap();
            assert_eq!(run.target.as_deref(), target, "{command}");
        }
    }

    #[test]
    fn other_commands_are_not_cargo_run() {
        for command in [
            "",
            "cargo",
            "cargo test",
            "cargo --offline",
            "python run",
            "run cargo",
        ] {
            assert_eq!(parse(command), Ok(None), "{command}");
        }
    }

    #[test]
    fn bad_flags_are_errors() {
        for (command, expected) in [
            ("cargo run --bin", "cargo's flag --bin has no value"),
            ("cargo run -q -p", "cargo's flag -p has no value"),
            (
                "cargo run --message-format json",
                "--message-format cannot be set",
            ),
            (
                "cargo run --message-format=short",
                "--message-format cannot be set",
            ),
            (
                "cargo run --config target.a.runner='q'",
                "write target.a.runner='q' into .cargo/config.toml",
            ),
            (
                "cargo --config=target.a.runner='q' run",
                "write target.a.runner='q' into .cargo/config.toml",
            ),
        ] {
            let error = parse(command).unwrap_err().to_string();
            assert!(error.contains(expected), "{command}: {error}");
        }
    }
}
