//! The process of the developed program: start, handover to a new build, and stop.

use std::{
    ffi::OsStr,
    io::{self, BufRead, BufReader, Write},
    os::{
        fd::OwnedFd,
        unix::{
            net::UnixStream,
            process::{CommandExt, ExitStatusExt},
        },
    },
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc::Sender, mpsc::channel},
    thread,
};

use squall_autoreload::{Launch, STATE};
use squall_prefork::{
    Readiness,
    control::{Client, find_process},
};

use super::{guard, helper};

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
    pub(super) ready_when: Option<Readiness>,
    /// Path of the build state file; empty with `--no-browser`.
    pub(super) state: PathBuf,
    /// Control socket for `squall supervise`.
    pub(super) control: PathBuf,
}

/// At most one program, under a [guard](super::guard).
pub(super) struct Service {
    settings: ServiceSettings,
    guarded: Arc<Guarded>,
    /// How the running program was started.
    launched: Mutex<Option<Launch>>,
}

/// The program, shared with the thread that reads the guard's messages.
struct Guarded {
    process: Mutex<Process>,
    changed: Condvar,
    /// Called when the program exits. If it was stopped, after the last of its processes.
    on_exit: Box<dyn Fn(ExitStatus) + Send + Sync>,
}

#[derive(Default)]
struct Process {
    /// The program's process id, until it exits.
    pid: Option<u32>,
    /// The connection to the guard, which lives as long as a process of the program.
    guard: Option<UnixStream>,
    is_stopped: bool,
    /// [`Service::stop`] waits, so that no exit is reported.
    is_replaced: bool,
}

impl Service {
    pub(super) fn new(
        settings: ServiceSettings,
        on_exit: impl Fn(ExitStatus) + Send + Sync + 'static,
    ) -> Self {
        Self {
            settings,
            launched: Mutex::default(),
            guarded: Arc::new(Guarded {
                process: Mutex::default(),
                changed: Condvar::new(),
                on_exit: Box::new(on_exit),
            }),
        }
    }

    /// Starts the program, or replaces the running one.
    ///
    /// Under a supervisor, blocks until the new program is ready; otherwise until it is started.
    /// A supervisor keeps the environment of its start, so it is restarted if that has changed.
    pub(super) fn hand_over(&self, launch: &Launch) -> io::Result<StartKind> {
        let mut launched = self.launched.lock().unwrap_or_else(PoisonError::into_inner);
        let pid = self.guarded.lock().pid;
        if launched.as_ref() == Some(launch)
            && let Some(mut supervisor) = pid.and_then(|pid| self.supervisor(pid))
        {
            return supervisor.reload().map(|_| StartKind::HandedOver);
        }
        self.stop();
        *launched = Some(launch.clone());
        self.start(launch)?;
        Ok(if pid.is_some() {
            StartKind::Restarted
        } else {
            StartKind::Started
        })
    }

    /// Requests the end of all processes of the program, and returns at once.
    pub(super) fn request_stop(&self) {
        self.guarded.request(guard::STOP);
    }

    /// Kills all processes of the program.
    pub(super) fn kill(&self) {
        self.guarded.request(guard::KILL);
    }

    /// Stops the program, and waits for the end of all its processes.
    pub(super) fn stop(&self) {
        self.guarded.lock().is_replaced = true;
        self.guarded.request(guard::STOP);
        let process = self.guarded.lock();
        // The guard kills what does not end.
        let ended = self
            .guarded
            .changed
            .wait_while(process, |process| process.guard.is_some());
        ended.unwrap_or_else(PoisonError::into_inner).is_replaced = false;
    }

    fn start(&self, launch: &Launch) -> io::Result<()> {
        let (near, far) = UnixStream::pair()?;
        let mut command = self.command(launch)?;
        command
            .env(STATE, &self.settings.state)
            .stdin(Stdio::from(OwnedFd::from(far)))
            .process_group(0);
        let child = command.spawn()?;
        // Otherwise this process would keep the guard's end open.
        drop(command);
        let messages = near.try_clone()?;
        *self.guarded.lock() = Process {
            guard: Some(near),
            ..Process::default()
        };
        let guarded = Arc::clone(&self.guarded);
        let (started, result) = channel();
        thread::spawn(move || guarded.follow(messages, child, &started));
        result
            .recv()
            .map_err(|_| io::Error::other("the guard of the program has ended"))?
            .map_err(|error| {
                let name = launch.executable().display();
                io::Error::other(format!("cannot start {name}: {error}"))
            })
    }

    /// Returns the command of the guard, which starts the program, or `squall supervise
    /// --processes 1` with the program, which binds the sockets.
    fn command(&self, launch: &Launch) -> io::Result<Command> {
        let squall = std::env::current_exe()?;
        let ready_when = self.settings.ready_when.as_ref().map(ToString::to_string);
        let mut words = vec![squall.as_os_str()];
        words.extend([helper::NAME, "guard", "--control"].map(OsStr::new));
        words.push(self.settings.control.as_os_str());
        words.push(OsStr::new("--"));
        if !self.settings.bind.is_empty() {
            words.push(squall.as_os_str());
            words.extend(["supervise", "--processes", "1", "--control"].map(OsStr::new));
            words.push(self.settings.control.as_os_str());
            for address in &self.settings.bind {
                words.extend(["--listen", address].map(OsStr::new));
            }
            if let Some(when) = &ready_when {
                words.extend(["--ready-when", when].map(OsStr::new));
            }
            words.push(OsStr::new("--"));
        }
        Ok(launch.through(words))
    }

    /// Connects to our `squall supervise`, or to the program's own supervisor by its process id.
    fn supervisor(&self, pid: u32) -> Option<Client> {
        if let Ok(client) = Client::connect(&self.settings.control) {
            return Some(client);
        }
        Client::connect(find_process(pid)?).ok()
    }
}

impl Guarded {
    fn lock(&self) -> MutexGuard<'_, Process> {
        // Each field is valid at any time, so a poisoned lock is usable.
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn request(&self, request: &str) {
        let mut process = self.lock();
        if let Some(guard) = &mut process.guard {
            // Fails if the guard has just ended.
            let _ = guard.write_all(format!("{request}\n").as_bytes());
            process.is_stopped = true;
        }
    }

    /// Reads the guard's messages to their end, and reaps it.
    fn follow(&self, messages: UnixStream, mut child: Child, started: &Sender<Result<(), String>>) {
        let mut status = None;
        for line in BufReader::new(messages).lines().map_while(Result::ok) {
            let (message, value) = line.split_once(' ').unwrap_or((&line, ""));
            match message {
                guard::STARTED => {
                    self.lock().pid = value.parse().ok();
                    // The receiver waits.
                    let _ = started.send(Ok(()));
                }
                guard::FAILED => {
                    let _ = started.send(Err(value.to_owned()));
                }
                guard::EXITED => {
                    status = value.parse().ok().map(ExitStatus::from_raw);
                    let mut process = self.lock();
                    process.pid = None;
                    let is_stopped = process.is_stopped;
                    drop(process);
                    if !is_stopped && let Some(status) = status.take() {
                        (self.on_exit)(status);
                    }
                }
                _ => {}
            }
        }
        // The guard has closed its socket, so it ends now.
        let _ = child.wait();
        let mut process = self.lock();
        let is_replaced = process.is_replaced;
        *process = Process {
            is_replaced,
            ..Process::default()
        };
        drop(process);
        self.changed.notify_all();
        if !is_replaced && let Some(status) = status {
            (self.on_exit)(status);
        }
    }
}
