//! The settings of a supervisor, and their check.

mod check;
mod choices;
pub(crate) mod hooks;
mod run;

use std::{
    ffi::OsString,
    fmt,
    net::{IpAddr, Ipv4Addr},
    ops::Range,
    path::PathBuf,
    process::Command,
    time::Duration,
};

use crate::{
    Bind, MAX_PROCESSES, Readiness,
    policy::{Rules, Sharing},
    process::program::{Program, logical_directory},
    system,
};
pub use choices::{Balance, Restart};
use hooks::Hooks;
pub use hooks::{WorkerExit, WorkerInfo};

/// Runs workers, watches them, and loses no connection when they come and go.
///
/// Every setter's doc ends in its default.
#[must_use = "a supervisor does nothing until `run`"]
pub struct Supervisor {
    pub(crate) processes: usize,
    pub(crate) command: Option<(OsString, Vec<OsString>)>,
    listen: Vec<(String, Bind)>,
    ports: Option<(IpAddr, Range<u16>)>,
    balance: Option<Balance>,
    restart: Option<Restart>,
    current_dir: Option<PathBuf>,
    pub(crate) readiness: Readiness,
    start_timeout: Duration,
    graceful_timeout: Duration,
    pub(crate) worker_timeout: Option<Duration>,
    max_restarts: Option<u32>,
    max_requests: Option<u64>,
    max_requests_jitter: u64,
    max_rss: Option<u64>,
    pub(crate) control: Option<PathBuf>,
    pub(crate) hooks: Hooks,
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
            balance: None,
            restart: None,
            current_dir: None,
            readiness: Readiness::default(),
            start_timeout: Duration::from_secs(60),
            graceful_timeout: Duration::from_secs(30),
            worker_timeout: Some(Duration::from_secs(30)),
            max_restarts: Some(100),
            max_requests: None,
            max_requests_jitter: 0,
            max_rss: None,
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
    /// [`run`](Self::run); a script that only starts a program should `exec` it. A crashed script
    /// is restarted as it is on disk, a compiled program from its generation. Default: this program
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

    /// Listens on an address: a port, a text such as `"127.0.0.1:8888"`, `"localhost:8888"` or
    /// `"unix:/run/app.sock"`, or a [`Bind`] with options. Can be called several times. Default:
    /// nowhere.
    pub fn listen(self, address: impl Into<Bind>) -> Self {
        self.listen_as("squall", address)
    }

    /// As [`listen`](Self::listen), under a name that the worker finds in `LISTEN_FDNAMES`. A colon
    /// in it becomes an underscore. Default: `squall`.
    pub fn listen_as(mut self, name: impl Into<String>, address: impl Into<Bind>) -> Self {
        self.listen
            .push((name.into().replace(':', "_"), address.into()));
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

    /// Sets how connections are spread. Unix sockets and sockets handed over by systemd are always
    /// shared. Default: [`Balance::ReusePort`]; with a [`command`](Self::command)
    /// [`Balance::Shared`], since other programs may take one socket only.
    ///
    /// With `ReusePort`, a worker of this program may get the socket of a worker that fails in
    /// addition to its own. Another program never gets more than one for each address: the socket
    /// of a slot that keeps failing, has finished or is removed is closed, so that the kernel gives
    /// new connections to the others. Connections that wait in its queue at this moment are reset.
    pub fn balance(mut self, balance: Balance) -> Self {
        self.balance = Some(balance);
        self
    }

    /// Sets when a worker that ends by itself is replaced. Default: [`Restart::OnFailure`]
    /// (Tornado's); with a [`command`](Self::command) [`Restart::Always`], since other programs end
    /// with status 0 after their own `max_requests`.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = Some(restart);
        self
    }

    /// Sets the working directory of the workers. A relative [`command`](Self::command) is relative
    /// to it. Symbolic links are followed anew for each generation: after a deploy has moved
    /// `current`, a reload starts in the new release, and a crashed worker of the old generation in
    /// the old one. Default: the supervisor's, as its shell shows it (`PWD`).
    pub fn current_dir(mut self, path: impl Into<PathBuf>) -> Self {
        let base = logical_directory().unwrap_or_default();
        self.current_dir = Some(base.join(path.into()));
        self
    }

    /// When a worker counts as ready. Default: [`Readiness::Notify`].
    pub fn readiness(mut self, readiness: Readiness) -> Self {
        self.readiness = readiness;
        self
    }

    /// How long a worker may take until it is ready; then it is killed and counts as failed. With
    /// [`Readiness::Listening`] and [`Readiness::Http`] it gets SIGTERM and the graceful timeout first.
    /// Default: 60 s.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// How long a worker may take to end after SIGTERM; then it is killed. In a shutdown of the
    /// supervisor, that includes what a worker still needs to become ready. Default: 30 s.
    pub fn graceful_timeout(mut self, timeout: Duration) -> Self {
        self.graceful_timeout = timeout;
        self
    }

    /// How long a worker's event loop may stand still; then it is killed and replaced. The watch
    /// starts with the first `WATCHDOG=1` ([`Notifier::alive`](crate::worker::Notifier::alive)), so
    /// a worker that never sends it is not watched. Time in which the whole machine stands still,
    /// such as a frozen container, does not count, nor does it for other timeouts of workers.
    /// Default: 30 s.
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

    /// Replaces a worker, gracefully, when its resident memory exceeds so many bytes. Default:
    /// `None`.
    pub fn max_rss(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.max_rss = bytes.into();
        self
    }

    /// Sets where the [control socket](crate::control) is. It is made again when another process
    /// deletes it. Default: `control` in a directory with a random name `squall-…`, in the first of
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

    pub(crate) fn foreign(&self) -> Option<Program> {
        let (name, arguments) = self.command.clone()?;
        Some(Program::foreign(name, arguments, self.current_dir.clone()))
    }

    /// The program that workers run; `own` is the program of this process.
    pub(crate) fn program(&self, own: &Program) -> Program {
        self.foreign().unwrap_or_else(|| Program {
            directory: self.current_dir.clone().or_else(|| own.directory.clone()),
            ..own.clone()
        })
    }

    pub(crate) fn sharing(&self) -> Sharing {
        let default = match self.command {
            Some(_) => Balance::Shared,
            None => Balance::ReusePort,
        };
        match self.balance.unwrap_or(default) {
            _ if self.ports.is_some() => Sharing::Apart,
            Balance::ReusePort if system::balances_reuse_port() => Sharing::Group,
            Balance::ReusePort | Balance::Shared => Sharing::One,
        }
    }

    pub(crate) fn rules(&self, sharing: Sharing) -> Rules {
        let ports = self.ports.as_ref().map(|(_, ports)| ports.len());
        Rules {
            sharing,
            takes_one_socket: self.command.is_some(),
            restart: self.restart.unwrap_or(match self.command {
                Some(_) => Restart::Always,
                None => Restart::OnFailure,
            }),
            start_timeout: self.start_timeout,
            graceful_timeout: self.graceful_timeout,
            worker_timeout: self.worker_timeout,
            max_restarts: self.max_restarts,
            max_requests: self.max_requests,
            max_requests_jitter: self.max_requests_jitter,
            max_rss: self.max_rss,
            serves_early: self.readiness.connects(),
            max_slots: ports.unwrap_or(MAX_PROCESSES).min(MAX_PROCESSES),
        }
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
    fn zero_means_one_for_each_cpu() {
        assert_eq!(Supervisor::new().size(), num_cpus::get());
        assert_eq!(Supervisor::new().processes(3).size(), 3);
    }
}
