//! Parser of a `cargo run` command line, split into the build and the program's command.

use std::{
    env, error,
    ffi::OsString,
    fmt,
    io::{self, IsTerminal},
    path::Path,
    process::Command,
};

use super::{Building, Executable, Sources, messages::Target};

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
    pub(super) target: Option<Target>,
    pub(super) package: Option<String>,
}

/// An error in the flags of `cargo run`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A flag that needs a value is the last word.
    NoValue(String),
    /// `--message-format`, which is set to JSON here.
    MessageFormat(String),
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

/// Environment variables for output to a terminal.
const FOR_TERMINALS: &[(&str, &str)] = &[
    ("CARGO_TERM_COLOR", "always"),
    ("CARGO_TERM_PROGRESS_WHEN", "always"),
    ("CARGO_TERM_PROGRESS_WIDTH", "80"),
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
                    if takes_next(flag) {
                        before.extend(words.next().cloned());
                    }
                }
                _ => return Ok(None),
            }
        }
        let mut run = Self {
            cargo: cargo.clone(),
            before,
            flags: Vec::new(),
            arguments: Vec::new(),
            target: None,
            package: None,
        };
        run.read_flags(words)?;
        Ok(Some(run))
    }

    /// Returns the program's arguments.
    #[must_use]
    pub fn arguments(&self) -> &[OsString] {
        &self.arguments
    }

    /// Starts `cargo build` for the same target. Enables colours and a progress bar if standard
    /// error is a terminal.
    ///
    /// # Errors
    ///
    /// If cargo cannot be started.
    pub fn build(&self) -> io::Result<Building> {
        let mut command = self.cargo_command("build");
        command
            .args(&self.flags)
            .arg("--message-format=json-diagnostic-rendered-ansi");
        if io::stderr().is_terminal() {
            // cargo's standard error is a pipe, so it would disable both.
            let unset = FOR_TERMINALS
                .iter()
                .filter(|(name, _)| env::var_os(name).is_none());
            command.envs(unset.copied());
        }
        Building::start(command, self.target.clone())
    }

    /// Returns the program's sources, from `cargo metadata`.
    ///
    /// # Errors
    ///
    /// If `cargo metadata` fails; the error is its standard error.
    pub fn sources(&self) -> io::Result<Sources> {
        let mut command = self.cargo_command("metadata");
        let mut flags = self.flags.iter();
        while let Some(flag) = flags.next() {
            let text = flag.to_string_lossy();
            let value = takes_next(&text).then(|| flags.next()).flatten();
            if FOR_METADATA.contains(&name(&text)) {
                command.arg(flag).args(value);
            }
        }
        let output = command.args(["--format-version", "1"]).output()?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            return Err(io::Error::other(text.trim().to_owned()));
        }
        Sources::parse(&output.stdout, self.package.as_deref())
    }

    /// Returns the program's command, with the environment variables that `cargo run` sets.
    #[must_use]
    pub fn command(&self, executable: &Executable) -> Command {
        let mut command = Command::new(&executable.path);
        command.args(&self.arguments);
        if let Some(directory) = executable.manifest.parent() {
            command
                .env("CARGO_MANIFEST_DIR", directory)
                .env("CARGO_MANIFEST_PATH", &executable.manifest);
        }
        command
    }

    fn cargo_command(&self, subcommand: &str) -> Command {
        let mut command = Command::new(&self.cargo);
        command.args(&self.before).arg(subcommand);
        command
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
                Some(value.to_string_lossy().into_owned())
            } else {
                attached(&text).map(str::to_owned)
            };
            self.apply(name(&text), value)?;
        }
        self.arguments.extend(words.cloned());
        Ok(())
    }

    fn apply(&mut self, flag: &str, value: Option<String>) -> Result<(), ConfigError> {
        let kind = match flag {
            "--message-format" => return Err(ConfigError::MessageFormat(flag.to_owned())),
            "-p" | "--package" => {
                self.package = value;
                return Ok(());
            }
            "--bin" => "bin",
            "--example" => "example",
            _ => return Ok(()),
        };
        self.target = value.map(|name| Target { kind, name });
        Ok(())
    }
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
    fn target_and_package_are_read_from_flags() {
        let table = [
            ("cargo run", None, None),
            ("cargo run --example e", Some(("example", "e")), None),
            ("cargo run --bin=b -pq", Some(("bin", "b")), Some("q")),
            ("cargo run --package q", None, Some("q")),
            ("cargo run --package=q", None, Some("q")),
            ("cargo run --bin b -- --example e", Some(("bin", "b")), None),
        ];
        for (command, target, package) in table {
            let run = parse(command).unwrap().unwrap();
            let found = run
                .target
                .as_ref()
                .map(|target| (target.kind, target.name.as_str()));
            assert_eq!(
                (found, run.package.as_deref()),
                (target, package),
                "{command}"
            );
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
        ] {
            let error = parse(command).unwrap_err().to_string();
            assert!(error.contains(expected), "{command}: {error}");
        }
    }
}
