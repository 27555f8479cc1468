//! The settings of a supervisor, and their check.

use std::ffi::OsString;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::error::Outcome;
use crate::hooks::{Hooks, WorkerExit, WorkerInfo};
use crate::inherit::{self, Socket};
use crate::keeper::Keeper;
use crate::machine::{Rules, Sharing};
use crate::program::Program;
use crate::sockets::{Endpoint, Sockets};
use crate::{Address, ConfigError, Error, MAX_PROCESSES, handover, spawn, system, worker};

/// Runs workers, watches them, and loses no connection when they come and go.
///
/// Every setter's doc ends in its default.
#[must_use = "a supervisor does nothing until `run`"]
pub struct Supervisor {
    pub(crate) processes: usize,
    pub(crate) command: Option<(OsString, Vec<OsString>)>,
    listen: Vec<(String, String)>,
    ports: Option<(IpAddr, Range<u16>)>,
    balance: Balance,
    pub(crate) readiness: Readiness,
    start_timeout: Duration,
    graceful_timeout: Duration,
    pub(crate) worker_timeout: Option<Duration>,
    max_restarts: Option<u32>,
    max_requests: Option<u64>,
    max_requests_jitter: u64,
    max_rss: Option<u64>,
    unix_mode: u32,
    pub(crate) control: Option<PathBuf>,
    pub(crate) hooks: Hooks,
}

/// How connections are spread over the workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Balance {
    /// A SO_REUSEPORT socket for each worker: the kernel spreads connections evenly. As
    /// [`Shared`](Self::Shared) on systems whose kernel does not (macOS, FreeBSD).
    #[default]
    ReusePort,
    /// One socket for all: idle workers take more, which helps when requests differ much in cost.
    Shared,
}

/// When a new worker counts as ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Readiness {
    /// When it says `READY=1`, as systemd's `Type=notify`.
    #[default]
    Notify,
    /// As soon as it is executed, as systemd's `Type=exec`: for programs that never say it.
    /// A bad build is then found out only after the old workers are gone.
    Exec,
}

impl Default for Supervisor {
    fn default() -> Self {
        Self::new()
    }
}

impl Supervisor {
    /// A supervisor of this same program, which listens nowhere yet.
    pub fn new() -> Self {
        Self {
            processes: 0,
            command: None,
            listen: Vec::new(),
            ports: None,
            balance: Balance::default(),
            readiness: Readiness::default(),
            start_timeout: Duration::from_secs(60),
            graceful_timeout: Duration::from_secs(30),
            worker_timeout: Some(Duration::from_secs(30)),
            max_restarts: Some(100),
            max_requests: None,
            max_requests_jitter: 0,
            max_rss: None,
            unix_mode: 0o600,
            control: None,
            hooks: Hooks::default(),
        }
    }

    /// How many workers; 0 means one for each CPU that this process may use (a container's quota
    /// counts). Default: 0.
    pub fn processes(mut self, count: usize) -> Self {
        self.processes = count;
        self
    }

    /// Runs another program instead of this one. It should speak systemd's protocol: `LISTEN_FDS`
    /// and `NOTIFY_SOCKET`. A worker of it starts as this program, and becomes the other one in
    /// [`run`](Self::run); a script that only starts a program should `exec` it. A crashed script is
    /// restarted as it is on disk, a compiled program from its generation. Default: this program
    /// with its arguments.
    pub fn command<A: Into<OsString>>(
        mut self,
        program: impl Into<OsString>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        self.command = Some((
            program.into(),
            arguments.into_iter().map(Into::into).collect(),
        ));
        self
    }

    /// Listens on an [`Address`], written as text or as anything that shows as one: `8888`,
    /// `"127.0.0.1:8888"`, `"unix:/run/app.sock"`. May be said several times. Default: nowhere.
    pub fn listen(self, address: impl fmt::Display) -> Self {
        self.listen_as("squall", address)
    }

    /// As [`listen`](Self::listen), under a name that the worker finds in `LISTEN_FDNAMES`. A colon
    /// in it becomes an underscore. Default: `squall`.
    pub fn listen_as(mut self, name: impl Into<String>, address: impl fmt::Display) -> Self {
        self.listen
            .push((name.into().replace(':', "_"), address.to_string()));
        self
    }

    /// A port of its own on 127.0.0.1 for each worker, for a proxy that balances: task 0 has the
    /// first. Default: none.
    pub fn ports(self, ports: Range<u16>) -> Self {
        self.ports_on(Ipv4Addr::LOCALHOST, ports)
    }

    /// As [`ports`](Self::ports), on another interface. Default: none.
    pub fn ports_on(mut self, interface: impl Into<IpAddr>, ports: Range<u16>) -> Self {
        self.ports = Some((interface.into(), ports));
        self
    }

    /// How connections are spread. Unix sockets and sockets handed over by systemd are always
    /// shared. Default: [`Balance::ReusePort`].
    pub fn balance(mut self, balance: Balance) -> Self {
        self.balance = balance;
        self
    }

    /// When a worker counts as ready. Default: [`Readiness::Notify`].
    pub fn readiness(mut self, readiness: Readiness) -> Self {
        self.readiness = readiness;
        self
    }

    /// How long a worker may take until it is ready; then it is killed and counts as failed.
    /// Default: 60 s.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// How long a worker may take to end after SIGTERM; then it is killed. When the supervisor is
    /// told to stop, that includes what a worker still needs to become ready. Default: 30 s.
    pub fn graceful_timeout(mut self, timeout: Duration) -> Self {
        self.graceful_timeout = timeout;
        self
    }

    /// How long a worker's event loop may stand still; then it is killed and replaced. A worker
    /// that never said `WATCHDOG=1` is not watched. Default: 30 s.
    pub fn worker_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.worker_timeout = timeout.into();
        self
    }

    /// How many failed workers are replaced before the supervisor gives up, all task ids together;
    /// `None` means without end. Reloads don't count. Default: 100 (Tornado's).
    pub fn max_restarts(mut self, count: impl Into<Option<u32>>) -> Self {
        self.max_restarts = count.into();
        self
    }

    /// Replaces a worker, gracefully, after so many requests. It must report
    /// [`Counters`](crate::Counters). Default: `None`.
    pub fn max_requests(mut self, count: impl Into<Option<u64>>) -> Self {
        self.max_requests = count.into();
        self
    }

    /// Adds up to so many to each worker's `max_requests`, so that not all are replaced at once.
    /// Default: 0.
    pub fn max_requests_jitter(mut self, count: u64) -> Self {
        self.max_requests_jitter = count;
        self
    }

    /// Replaces a worker, gracefully, when its resident memory exceeds so many bytes. Default: `None`.
    pub fn max_rss(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.max_rss = bytes.into();
        self
    }

    /// The mode of unix sockets. Default: 0600 (Tornado's).
    pub fn unix_mode(mut self, mode: u32) -> Self {
        self.unix_mode = mode;
        self
    }

    /// Sets where the [control socket](crate::control) is. It is made again when somebody deletes
    /// it. Default: `control` in a directory with a random name `squall-…`, in the first of
    /// `RUNTIME_DIRECTORY`, `XDG_RUNTIME_DIR`, `TMPDIR` and `/tmp` that this user can write to and
    /// whose path is short enough for a unix socket.
    pub fn control(mut self, path: impl Into<PathBuf>) -> Self {
        self.control = Some(path.into());
        self
    }

    /// Called before each spawn with the task id and the command, which it may change: environment,
    /// directory, arguments. Default: nothing.
    pub fn before_spawn(mut self, hook: impl FnMut(usize, &mut Command) + Send + 'static) -> Self {
        self.hooks.before_spawn = Box::new(hook);
        self
    }

    /// Called when a worker is ready. Default: nothing.
    pub fn when_ready(mut self, hook: impl FnMut(&WorkerInfo) + Send + 'static) -> Self {
        self.hooks.when_ready = Box::new(hook);
        self
    }

    /// Called when a worker has ended, whatever the reason. Default: nothing.
    pub fn worker_exit(
        mut self,
        hook: impl FnMut(&WorkerInfo, WorkerExit) + Send + 'static,
    ) -> Self {
        self.hooks.worker_exit = Box::new(hook);
        self
    }

    /// How many workers [`run`](Self::run) starts: [`processes`](Self::processes) with 0 resolved.
    #[must_use]
    pub fn size(&self) -> usize {
        if self.processes == 0 {
            num_cpus::get()
        } else {
            self.processes
        }
    }

    /// Supervises until everything has ended. Blocks; call it from the main thread.
    ///
    /// It handles SIGTERM and SIGQUIT (graceful), SIGINT (quick; a second one of the three:
    /// immediate), SIGHUP (reload), SIGTTIN and SIGTTOU (one worker more, less), SIGUSR1 (passed on,
    /// to reopen logs) and SIGUSR2 (reload, then replace this process too).
    ///
    /// # Errors
    ///
    /// Before any worker starts: a wrong setting, or an address that can't be listened on.
    /// Later: no worker ever booted, or too many had to be restarted. An error in a process that has
    /// just replaced its predecessor (SIGUSR2) stops the workers gracefully.
    pub fn run(self) -> Result<Outcome, Error> {
        if let Some(task_id) = worker::task_id() {
            let Some(program) = self.foreign() else {
                return Err(ConfigError::AlreadyWorker { task_id }.into());
            };
            return Err(Error::io("cannot become the worker's program")(
                spawn::become_program(&program),
            ));
        }
        if let Some(state) = handover::receive().map_err(Error::io("cannot take over"))? {
            return Keeper::resume(self, state)?.run();
        }
        self.check()?;
        let inherited = inherit::take()?;
        let sockets = self.bind(inherited, self.sharing())?;
        Keeper::start(self, sockets)?.run()
    }

    /// The sockets for a program that serves in this process, without supervisor (`processes(1)`);
    /// in a worker, the ones it was handed. The file of a unix socket stays behind.
    ///
    /// # Errors
    ///
    /// A wrong setting, or an address that can't be listened on.
    pub fn sockets(self) -> Result<Vec<Socket>, Error> {
        let inherited = inherit::take()?;
        if worker::is_worker() {
            return Ok(inherited);
        }
        self.check()?;
        let mut sockets = self.bind(inherited, Sharing::One)?;
        sockets.open(0)?;
        let own = sockets
            .of(&[0])
            .map_err(Error::io("cannot duplicate a socket"))?;
        sockets.leave_files();
        Ok(own)
    }

    pub(crate) fn foreign(&self) -> Option<Program> {
        let (name, arguments) = self.command.clone()?;
        Some(Program::foreign(name, arguments))
    }

    pub(crate) fn sharing(&self) -> Sharing {
        match self.balance {
            _ if self.ports.is_some() => Sharing::Apart,
            Balance::ReusePort if system::balances_reuse_port() => Sharing::Group,
            Balance::ReusePort | Balance::Shared => Sharing::One,
        }
    }

    pub(crate) fn rules(&self, sharing: Sharing) -> Rules {
        let ports = self.ports.as_ref().map(|(_, ports)| ports.len());
        Rules {
            sharing,
            start_timeout: self.start_timeout,
            graceful_timeout: self.graceful_timeout,
            worker_timeout: self.worker_timeout,
            max_restarts: self.max_restarts,
            max_requests: self.max_requests,
            max_requests_jitter: self.max_requests_jitter,
            max_rss: self.max_rss,
            max_slots: ports.unwrap_or(MAX_PROCESSES).min(MAX_PROCESSES),
        }
    }

    fn bind(&self, inherited: Vec<Socket>, sharing: Sharing) -> Result<Sockets, Error> {
        Sockets::new(self.endpoints()?, sharing, self.unix_mode, inherited)
    }

    pub(crate) fn endpoints(&self) -> Result<Vec<Endpoint>, ConfigError> {
        let own = self.ports.iter().map(|(interface, ports)| {
            Ok(Endpoint::new(
                "squall",
                Address::Tcp((*interface, ports.start).into()),
                true,
            ))
        });
        let listen = self
            .listen
            .iter()
            .map(|(name, address)| Ok(Endpoint::new(name, address.parse()?, false)));
        listen.chain(own).collect()
    }

    pub(crate) fn unix_mode_value(&self) -> u32 {
        self.unix_mode
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.endpoints()?;
        let processes = self.size();
        if processes > MAX_PROCESSES {
            return Err(ConfigError::TooManyProcesses(processes));
        }
        if let Some((_, ports)) = &self.ports
            && (ports.len() < processes || ports.start == 0)
        {
            let ports = ports.clone();
            return Err(ConfigError::TooFewPorts { ports, processes });
        }
        if self.start_timeout.is_zero() {
            return Err(ConfigError::ZeroTimeout("start_timeout"));
        }
        if self.worker_timeout.is_some_and(|timeout| timeout.is_zero()) {
            return Err(ConfigError::ZeroTimeout("worker_timeout"));
        }
        if self.max_requests == Some(0) {
            return Err(ConfigError::ZeroLimit("max_requests"));
        }
        if self.max_rss == Some(0) {
            return Err(ConfigError::ZeroLimit("max_rss"));
        }
        Ok(())
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("processes", &self.processes)
            .field("command", &self.command)
            .field("listen", &self.listen)
            .field("ports", &self.ports)
            .field("balance", &self.balance)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings() {
        let new = || Supervisor::new().processes(2);
        let cases = [
            (new().listen("nowhere"), "\"nowhere\" is no address"),
            (
                new().ports(8000..8001),
                "ports 8000..8001 are too few for 2 processes",
            ),
            (new().ports(0..4), "ports 0..4"),
            (
                new().processes(1_000_000),
                "1000000 processes are more than",
            ),
            (
                new().start_timeout(Duration::ZERO),
                "start_timeout must not be zero",
            ),
            (
                new().worker_timeout(Duration::ZERO),
                "worker_timeout must not be zero",
            ),
            (new().max_requests(0), "max_requests must be at least 1"),
            (new().max_rss(0), "max_rss must be at least 1"),
        ];
        for (supervisor, expected) in cases {
            let error = supervisor.run().unwrap_err();
            assert!(error.is_config(), "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn zero_means_one_for_each_cpu() {
        assert_eq!(Supervisor::new().size(), num_cpus::get());
        assert_eq!(Supervisor::new().processes(3).size(), 3);
    }
}
