//! The process of the developed program: start, handover to a new build, and stop.

use std::{
    ffi::OsString,
    io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc::channel},
    thread,
    time::Duration,
};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};
use squall_autoreload::{DEV_PID, STATE};
use squall_prefork::control::{Client, find_process};

/// Time between SIGTERM and SIGKILL for a program without a supervisor.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// How a new program replaced the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StartKind {
    Started,
    /// By a supervisor's reload, with no connection refused.
    HandedOver,
    /// After the old program was stopped; connections were refused in between.
    Restarted,
}

/// Options for starting the program.
#[derive(Debug)]
pub(super) struct ServiceSettings {
    /// Addresses for `squall supervise`; without any, the program is started directly.
    pub(super) bind: Vec<String>,
    pub(super) ready_on_exec: bool,
    /// Path of the build state file; empty with `--no-browser`.
    pub(super) state: PathBuf,
    /// Control socket for `squall supervise`.
    pub(super) control: PathBuf,
}

/// At most one process, in its own process group.
pub(super) struct Service {
    settings: ServiceSettings,
    watched: Arc<WatchedProcess>,
}

/// The process, shared with the thread that waits for its exit.
struct WatchedProcess {
    process: Mutex<Process>,
    exited: Condvar,
    /// Called when the process exits, unless [`Service::stop`] stopped it.
    on_exit: Box<dyn Fn(ExitStatus) + Send + Sync>,
}

#[derive(Default)]
struct Process {
    pid: Option<Pid>,
    is_stopped: bool,
}

impl Service {
    pub(super) fn new(
        settings: ServiceSettings,
        on_exit: impl Fn(ExitStatus) + Send + Sync + 'static,
    ) -> Self {
        Self {
            settings,
            watched: Arc::new(WatchedProcess {
                process: Mutex::default(),
                exited: Condvar::new(),
                on_exit: Box::new(on_exit),
            }),
        }
    }

    /// Starts the program, or replaces the running one.
    ///
    /// Under a supervisor, blocks until the new program is ready; otherwise until it is started.
    pub(super) fn hand_over(&self, program: Command) -> io::Result<StartKind> {
        let running = self.watched.lock().pid;
        let Some(pid) = running else {
            return self.start(program).map(|()| StartKind::Started);
        };
        match self.supervisor(pid) {
            Some(mut supervisor) => supervisor.reload().map(|_| StartKind::HandedOver),
            None => {
                self.stop();
                self.start(program).map(|()| StartKind::Restarted)
            }
        }
    }

    pub(super) fn signal(&self, signal: Signal) {
        if let Some(pid) = self.watched.lock().pid {
            // SIGTERM goes to the process alone: a supervisor stops its workers itself.
            let _ = if signal == Signal::KILL {
                kill_process_group(pid, signal)
            } else {
                kill_process(pid, signal)
            };
        }
    }

    fn start(&self, program: Command) -> io::Result<()> {
        let mut command = if self.settings.bind.is_empty() {
            program
        } else {
            self.supervised(&program)?
        };
        command
            .env(STATE, &self.settings.state)
            .env(DEV_PID, std::process::id().to_string())
            .stdin(Stdio::null())
            .process_group(0);
        let watched = Arc::clone(&self.watched);
        let (started, result) = channel();
        // The thread that spawns the child also waits for it: PR_SET_PDEATHSIG fires when the
        // spawning thread ends, not the process.
        thread::spawn(move || match command.spawn() {
            Ok(child) => {
                watched.begin(&child);
                // The receiver waits below.
                let _ = started.send(Ok(()));
                watched.wait_for(child);
            }
            Err(error) => {
                let name = Path::new(command.get_program()).display();
                let error = io::Error::new(error.kind(), format!("cannot start {name}: {error}"));
                let _ = started.send(Err(error));
            }
        });
        result.recv().map_err(io::Error::other)?
    }

    /// Wraps the program into `squall supervise --processes 1`, which binds the sockets.
    fn supervised(&self, program: &Command) -> io::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["supervise", "--processes", "1", "--control"]);
        command.arg(&self.settings.control);
        for address in &self.settings.bind {
            command.args(["--listen", address]);
        }
        if self.settings.ready_on_exec {
            command.arg("--ready-on-exec");
        }
        command
            .arg("--")
            .arg(program.get_program())
            .args(program.get_args());
        for (name, value) in program.get_envs() {
            command.env(name, value.map_or_else(OsString::new, Into::into));
        }
        Ok(command)
    }

    /// Connects to our `squall supervise`, or to the program's own supervisor by its process id.
    fn supervisor(&self, pid: Pid) -> Option<Client> {
        if let Ok(client) = Client::connect(&self.settings.control) {
            return Some(client);
        }
        let path = find_process(pid.as_raw_nonzero().get().unsigned_abs())?;
        Client::connect(path).ok()
    }

    /// Stops the process with SIGTERM, and with SIGKILL after [`STOP_TIMEOUT`].
    fn stop(&self) {
        self.watched.lock().is_stopped = true;
        for signal in [Signal::TERM, Signal::KILL] {
            self.signal(signal);
            let process = self.watched.lock();
            let waited = self
                .watched
                .exited
                .wait_timeout_while(process, STOP_TIMEOUT, |process| process.pid.is_some());
            if waited
                .unwrap_or_else(PoisonError::into_inner)
                .0
                .pid
                .is_none()
            {
                return;
            }
        }
    }
}

impl WatchedProcess {
    fn lock(&self) -> MutexGuard<'_, Process> {
        // Each of the two fields is valid at any time, so a poisoned lock is usable.
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, child: &Child) {
        *self.lock() = Process {
            pid: Some(Pid::from_child(child)),
            is_stopped: false,
        };
    }

    fn wait_for(&self, mut child: Child) {
        // WNOWAIT keeps the zombie until `pid` is cleared, so `signal` cannot hit a reused pid.
        let pid = WaitId::Pid(Pid::from_child(&child));
        while let Err(rustix::io::Errno::INTR) =
            waitid(pid.clone(), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
        {}
        let mut process = self.lock();
        process.pid = None;
        let is_stopped = process.is_stopped;
        let status = child.wait();
        drop(process);
        self.exited.notify_all();
        if let Ok(status) = status
            && !is_stopped
        {
            (self.on_exit)(status);
        }
    }
}
