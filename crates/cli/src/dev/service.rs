//! The program that is being written: started, handed over to the next one, stopped.

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

/// How long a program that cannot be handed over may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// How the new program came to be the one that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Started,
    /// Nothing was refused meanwhile.
    HandedOver,
    /// The old one had to end first.
    Restarted,
}

/// How to start the program so that it can be replaced.
#[derive(Debug)]
pub(super) struct Settings {
    /// Where it is to listen, if we have to see to that.
    pub(super) bind: Vec<String>,
    pub(super) ready_on_exec: bool,
    /// Empty if pages are to be left alone.
    pub(super) state: PathBuf,
    /// Where the supervisor of ours is asked, if there is one.
    pub(super) control: PathBuf,
}

/// At most one process, which is in a process group of its own.
pub(super) struct Service {
    settings: Settings,
    shared: Arc<Shared>,
}

struct Shared {
    process: Mutex<Process>,
    ended: Condvar,
    /// Told when a process ends that was not told to.
    when_ended: Box<dyn Fn(ExitStatus) + Send + Sync>,
}

#[derive(Default)]
struct Process {
    pid: Option<Pid>,
    is_replaced: bool,
}

impl Service {
    pub(super) fn new(
        settings: Settings,
        when_ended: impl Fn(ExitStatus) + Send + Sync + 'static,
    ) -> Self {
        Self {
            settings,
            shared: Arc::new(Shared {
                process: Mutex::default(),
                ended: Condvar::new(),
                when_ended: Box::new(when_ended),
            }),
        }
    }

    /// Starts the program, or the next one in place of the one that runs. Blocks until that one is
    /// ready, if it says so.
    pub(super) fn hand_over(&self, program: Command) -> io::Result<How> {
        let running = self.shared.lock().pid;
        let Some(pid) = running else {
            return self.start(program).map(|()| How::Started);
        };
        match self.supervisor(pid) {
            Some(mut supervisor) => supervisor.reload().map(|_| How::HandedOver),
            None => {
                self.end();
                self.start(program).map(|()| How::Restarted)
            }
        }
    }

    pub(super) fn signal(&self, signal: Signal) {
        if let Some(pid) = self.shared.lock().pid {
            // What it has started is not told: a supervisor tells its workers in its own way.
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
        let shared = Arc::clone(&self.shared);
        let (started, result) = channel();
        // One thread for both, since the kernel tells a child that its parent is gone when the
        // thread that has started it is.
        thread::spawn(move || match command.spawn() {
            Ok(child) => {
                shared.begin(&child);
                // Whoever asked is waiting for it.
                let _ = started.send(Ok(()));
                shared.wait_for(child);
            }
            Err(error) => {
                let name = Path::new(command.get_program()).display();
                let error = io::Error::new(error.kind(), format!("cannot start {name}: {error}"));
                let _ = started.send(Err(error));
            }
        });
        result.recv().map_err(io::Error::other)?
    }

    /// The same, as the one worker of `squall supervise`, which binds the sockets.
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

    /// The supervisor that this command started, or the program's own, found by its process id.
    fn supervisor(&self, pid: Pid) -> Option<Client> {
        if let Ok(client) = Client::connect(&self.settings.control) {
            return Some(client);
        }
        let path = find_process(pid.as_raw_nonzero().get().unsigned_abs())?;
        Client::connect(path).ok()
    }

    fn end(&self) {
        self.shared.lock().is_replaced = true;
        for (signal, patience) in [(Signal::TERM, GRACE), (Signal::KILL, GRACE)] {
            self.signal(signal);
            let process = self.shared.lock();
            let waited = self
                .shared
                .ended
                .wait_timeout_while(process, patience, |process| process.pid.is_some());
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

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Process> {
        // Two plain values, each of which is right at any time.
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, child: &Child) {
        *self.lock() = Process {
            pid: Some(Pid::from_child(child)),
            is_replaced: false,
        };
    }

    fn wait_for(&self, mut child: Child) {
        // It stays a zombie until its number is forgotten, so that no other process is signalled.
        let pid = WaitId::Pid(Pid::from_child(&child));
        while let Err(rustix::io::Errno::INTR) =
            waitid(pid.clone(), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
        {}
        let mut process = self.lock();
        process.pid = None;
        let is_replaced = process.is_replaced;
        let status = child.wait();
        drop(process);
        self.ended.notify_all();
        if let Ok(status) = status
            && !is_replaced
        {
            (self.when_ended)(status);
        }
    }
}
