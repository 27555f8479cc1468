//! How it ended, well or not, and the exit statuses that say so.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::Address;

/// A setting that cannot work. Nothing was bound or started.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// Neither `IP:port`, a port, nor `unix:/path`.
    Address(String),
    /// There are more workers than ports of their own.
    TooFewPorts {
        /// What was given to `ports`.
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
    /// More than permission bits.
    UnixMode(u32),
    /// `LISTEN_FDS` and its company make no sense.
    ListenFds(String),
    /// This process is a worker already: its `main` has to serve instead of calling `run`.
    AlreadyWorker {
        /// This worker's task id.
        task_id: usize,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(text) => {
                write!(
                    f,
                    "{text:?} is no address: expected IP:port, a port, or unix:/path"
                )
            }
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
            Self::UnixMode(mode) => write!(f, "unix_mode {mode:o} is more than 0777"),
            Self::ListenFds(reason) => write!(f, "the sockets handed to this process: {reason}"),
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
    /// Somebody asked for it.
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
    Bind(Address, io::Error),
    Control(PathBuf, io::Error),
    Io(&'static str, io::Error),
    NeverBooted,
    GaveUp { restarts: u32 },
    Failed,
}

impl Error {
    pub(crate) fn bind(address: Address, error: io::Error) -> Self {
        Kind::Bind(address, error).into()
    }

    pub(crate) fn control(path: PathBuf, error: io::Error) -> Self {
        Kind::Control(path, error).into()
    }

    /// For `map_err`: says what was being done.
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
        matches!(self.kind, Kind::Config(_))
    }

    /// An address could not be listened on: in use, not ours, or not permitted.
    #[must_use]
    pub fn is_bind(&self) -> bool {
        matches!(self.kind, Kind::Bind(..))
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

    /// The exit status that tells a caller which of these it was: 2 for a setting, 3 when no
    /// worker ever booted (gunicorn's number), 4 when the supervisor gave up, 1 for the rest.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self.kind {
            Kind::Config(_) => 2,
            Kind::NeverBooted => 3,
            Kind::GaveUp { .. } | Kind::Failed => 4,
            Kind::Bind(..) | Kind::Control(..) | Kind::Io(..) => 1,
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

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Kind::Config(error).into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Config(error) => error.fmt(f),
            Kind::Bind(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Kind::Control(path, error) => {
                write!(
                    f,
                    "cannot make the control socket {}: {error}",
                    path.display()
                )
            }
            Kind::Io(what, error) => write!(f, "{what}: {error}"),
            Kind::NeverBooted => f.write_str("no worker ever became ready"),
            Kind::GaveUp { restarts } => {
                write!(f, "gave up after restarting workers {restarts} times")
            }
            Kind::Failed => f.write_str("a worker failed, and workers are never restarted"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::Config(error) => Some(error),
            Kind::Bind(_, error) | Kind::Control(_, error) | Kind::Io(_, error) => Some(error),
            Kind::NeverBooted | Kind::GaveUp { .. } | Kind::Failed => None,
        }
    }
}
