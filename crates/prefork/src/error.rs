//! Outcome and errors of a supervisor, with their exit statuses.

use std::{fmt, io, ops::Range, path::PathBuf, process::ExitCode};

use squall_listen::ListenError;

/// A setting that cannot work. Nothing was bound or started.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// There are more workers than ports of their own.
    TooFewPorts {
        /// The range that was given to `ports`.
        ports: Range<u16>,
        /// The number of workers.
        processes: usize,
    },
    /// More workers than a supervisor can watch.
    TooManyProcesses(usize),
    /// A time that must not be zero.
    ZeroTimeout(&'static str),
    /// A limit that would replace a worker before its first request.
    ZeroLimit(&'static str),
    /// The working directory of the workers is not there, or is no directory.
    Directory(PathBuf),
    /// A text that is no [`Readiness`](crate::Readiness), or the path or host of a health check.
    Readiness(String),
    /// The supervisor has to connect to workers to find out whether they are ready, and cannot.
    Connects {
        /// The setting, as text.
        readiness: String,
        /// The missing file or setting.
        reason: String,
    },
    /// This process is a worker already: its `main` has to serve instead of calling `run`.
    AlreadyWorker {
        /// This worker's task id.
        task_id: usize,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewPorts { ports, processes } => write!(
                f,
                "ports {}..{} are too few for {processes} processes",
                ports.start, ports.end
            ),
            Self::TooManyProcesses(count) => {
                write!(
                    f,
                    "{count} processes are more than {}",
                    crate::MAX_PROCESSES
                )
            }
            Self::ZeroTimeout(name) => write!(f, "{name} must not be zero"),
            Self::ZeroLimit(name) => write!(f, "{name} must be at least 1"),
            Self::Directory(path) => {
                write!(
                    f,
                    "the working directory {} is no directory",
                    path.display()
                )
            }
            Self::Readiness(text) => write!(
                f,
                "{text:?} is no readiness: expected notify, exec, listening, http:/PATH or \
                 http://HOST/PATH"
            ),
            Self::Connects { readiness, reason } => {
                write!(f, "readiness {readiness}: {reason}")
            }
            Self::AlreadyWorker { task_id } => {
                write!(
                    f,
                    "this process is worker {task_id} of a supervisor already"
                )
            }
        }
    }
}

impl std::error::Error for ConfigError {}

/// How a supervisor ended when nothing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Every worker ended by itself with exit status 0.
    Finished,
    /// A stop signal, or the control command `stop`.
    Stopped,
}

impl Outcome {
    /// Always 0: both are successes. [`Error::exit_code`] has the others.
    #[must_use]
    pub fn exit_code(self) -> ExitCode {
        ExitCode::SUCCESS
    }
}

/// Why a supervisor could not start, or had to end.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Config(ConfigError),
    Listen(ListenError),
    Control(PathBuf, io::Error),
    Io(&'static str, io::Error),
    NeverBooted,
    GaveUp { restarts: u32 },
    Failed,
}

impl Error {
    pub(crate) fn control(path: PathBuf, error: io::Error) -> Self {
        Kind::Control(path, error).into()
    }

    /// For `map_err`: the operation that failed.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| Kind::Io(what, error).into()
    }

    pub(crate) fn never_booted() -> Self {
        Kind::NeverBooted.into()
    }

    pub(crate) fn gave_up(restarts: u32) -> Self {
        Kind::GaveUp { restarts }.into()
    }

    pub(crate) fn failed() -> Self {
        Kind::Failed.into()
    }

    /// A setting is wrong.
    #[must_use]
    pub fn is_config(&self) -> bool {
        match &self.kind {
            Kind::Config(_) => true,
            Kind::Listen(error) => error.is_config(),
            _ => false,
        }
    }

    /// An address could not be listened on: in use, not ours, or not permitted.
    #[must_use]
    pub fn is_bind(&self) -> bool {
        matches!(&self.kind, Kind::Listen(error) if !error.is_config())
    }

    /// Every slot's first worker failed before it was ready.
    #[must_use]
    pub fn is_never_booted(&self) -> bool {
        matches!(self.kind, Kind::NeverBooted)
    }

    /// Workers had to be restarted more often than `max_restarts`, or failed with
    /// [`Restart::Never`](crate::Restart::Never).
    #[must_use]
    pub fn is_gave_up(&self) -> bool {
        matches!(self.kind, Kind::GaveUp { .. } | Kind::Failed)
    }

    /// Returns the exit status for the caller: 2 for a setting, 3 when no
    /// worker ever booted (gunicorn's number), 4 when the supervisor gave up, 1 for the rest.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match &self.kind {
            Kind::Config(_) => 2,
            Kind::Listen(error) if error.is_config() => 2,
            Kind::NeverBooted => 3,
            Kind::GaveUp { .. } | Kind::Failed => 4,
            Kind::Listen(_) | Kind::Control(..) | Kind::Io(..) => 1,
        }
    }

    /// [`exit_status`](Self::exit_status), for a `main` to return.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        self.exit_status().into()
    }
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self { kind }
    }
}

impl From<ListenError> for Error {
    fn from(error: ListenError) -> Self {
        Kind::Listen(error).into()
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Kind::Config(error).into()
    }
}

/// The error alone; `{error:#}` appends its causes, separated by colons.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        let first = std::error::Error::source(self).filter(|_| f.alternate());
        let mut causes = std::iter::successors(first, |error| error.source());
        causes.try_for_each(|cause| write!(f, ": {cause}"))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Listen(error) => error.fmt(f),
            Self::Control(path, _) => {
                write!(f, "cannot make the control socket {}", path.display())
            }
            Self::Io(what, _) => f.write_str(what),
            Self::NeverBooted => f.write_str("no worker ever became ready"),
            Self::GaveUp { restarts } => {
                write!(f, "gave up after restarting workers {restarts} times")
            }
            Self::Failed => f.write_str("a worker failed, and workers are never restarted"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            // Shown as this error's own message, so the source is the one below.
            Kind::Config(error) => error.source(),
            Kind::Listen(error) => error.source(),
            Kind::Control(_, error) | Kind::Io(_, error) => Some(error),
            Kind::NeverBooted | Kind::GaveUp { .. } | Kind::Failed => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn a_cause_is_in_the_chain_once() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let listen = squall_listen::Bind::new("nowhere").listen().unwrap_err();
        for (error, messages) in [
            (
                Error::io("cannot handle signals")(denied()),
                vec!["cannot handle signals", "permission denied"],
            ),
            (
                Error::control("/run/c".into(), denied()),
                vec!["cannot make the control socket /run/c", "permission denied"],
            ),
            (
                ConfigError::ZeroTimeout("start_timeout").into(),
                vec!["start_timeout must not be zero"],
            ),
            (
                listen.into(),
                vec!["\"nowhere\" is not an address: expected a port, HOST:PORT or unix:PATH"],
            ),
        ] {
            let chain = std::iter::successors(error.source(), |&error| error.source());
            let chain = chain.map(ToString::to_string);
            let shown: Vec<String> = std::iter::once(error.to_string()).chain(chain).collect();
            assert_eq!(shown, messages);
            assert_eq!(format!("{error:#}"), messages.join(": "));
        }
    }
}
