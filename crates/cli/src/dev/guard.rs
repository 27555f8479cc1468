//! The guard: the parent of the developed program, which ends all of its processes.
//!
//! Its standard input is a socket to `squall dev`. The end of that socket, also by a killed
//! `squall dev`, stops the program. On Linux, orphans of the program become children of the guard,
//! so that it finds each of them, whatever process group or session they have moved to.

use std::{
    ffi::OsString,
    io::{self, BufRead, BufReader, Write},
    os::unix::{net::UnixStream, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    io::Errno,
    process::{
        Pid, Signal, WaitOptions, kill_process, kill_process_group, test_kill_process_group, wait,
    },
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use squall_autoreload::DEV_PID;
use squall_prefork::control::{Client, find_process};

use super::processes;

/// Time between SIGTERM and SIGKILL.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// The same for a supervisor, which gives its workers 30 seconds by default.
const SUPERVISOR_TIMEOUT: Duration = Duration::from_secs(40);
/// How often to look for processes that are left.
const INTERVAL: Duration = Duration::from_millis(20);

/// Requests of `squall dev`, one a line.
pub(super) const STOP: &str = "stop";
pub(super) const KILL: &str = "kill";
/// Messages of the guard, one a line, each with a value after a blank.
pub(super) const STARTED: &str = "started";
pub(super) const FAILED: &str = "failed";
pub(super) const EXITED: &str = "exited";

enum Event {
    Stop,
    Kill,
    /// The program exited with this wait status.
    Exited(i32),
    /// The guard has no child left.
    Childless,
}

pub(super) fn run(control: &Path, words: &[OsString]) -> io::Result<()> {
    let channel_to_dev =
        UnixStream::from(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?);
    // Before the program is started, so that no signal ends the guard alone.
    let (sender, events) = channel();
    stop_on_signals(sender.clone())?;
    processes::adopt_orphans()?;
    let (name, arguments) = words.split_first().expect("clap requires a program");
    let mut command = Command::new(name);
    command
        .args(arguments)
        .env(DEV_PID, std::process::id().to_string())
        .stdin(Stdio::null())
        .process_group(0);
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return tell(&channel_to_dev, FAILED, &error.to_string()),
    };
    let program = Pid::from_child(&child);
    // A failure is the end of `squall dev`, which is read as a request to stop.
    let _ = tell(&channel_to_dev, STARTED, &child.id().to_string());
    read_requests(channel_to_dev.try_clone()?, sender.clone());
    thread::spawn(move || reap(program, &sender));
    let mut guard = Guard {
        program,
        control: control.to_owned(),
        channel: channel_to_dev,
        has_exited: false,
        deadline: None,
    };
    guard.watch(&events);
    Ok(())
}

/// Writes one message. Fails once `squall dev` has ended.
fn tell(mut channel: &UnixStream, message: &str, value: &str) -> io::Result<()> {
    let value = value.replace('\n', " ");
    channel.write_all(format!("{message} {value}\n").as_bytes())
}

fn stop_on_signals(sender: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    thread::spawn(move || {
        for _ in signals.forever() {
            // Fails once the guard ends.
            let _ = sender.send(Event::Stop);
        }
    });
    Ok(())
}

fn read_requests(channel: UnixStream, sender: Sender<Event>) {
    thread::spawn(move || {
        for line in BufReader::new(channel).lines().map_while(Result::ok) {
            let event = if line == KILL {
                Event::Kill
            } else {
                Event::Stop
            };
            let _ = sender.send(event);
        }
        let _ = sender.send(Event::Stop);
    });
}

/// Reaps all children, adopted ones included.
fn reap(program: Pid, sender: &Sender<Event>) {
    loop {
        let event = match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == program => Event::Exited(status.as_raw()),
            Ok(_) | Err(Errno::INTR) => continue,
            Err(_) => Event::Childless,
        };
        let is_last = matches!(event, Event::Childless);
        if sender.send(event).is_err() || is_last {
            return;
        }
    }
}

struct Guard {
    program: Pid,
    control: PathBuf,
    channel: UnixStream,
    has_exited: bool,
    /// When to kill what is left, once the program is to stop.
    deadline: Option<Instant>,
}

impl Guard {
    fn watch(&mut self, events: &Receiver<Event>) {
        let mut is_childless = false;
        // Where orphans are not adopted, the process group tells whether processes are left.
        while !is_childless || self.has_group() {
            let event = match self.deadline {
                None if is_childless => events.recv_timeout(INTERVAL),
                None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    let wait = if is_childless {
                        INTERVAL
                    } else {
                        left.max(INTERVAL)
                    };
                    events.recv_timeout(wait)
                }
            };
            match event {
                Ok(Event::Exited(status)) => {
                    self.has_exited = true;
                    // Fails after the end of `squall dev`.
                    let _ = tell(&self.channel, EXITED, &status.to_string());
                    if self.deadline.is_some() {
                        self.signal_all(Signal::TERM);
                    }
                }
                Ok(Event::Childless) => is_childless = true,
                Ok(Event::Stop) if self.deadline.is_none() => self.stop(),
                Ok(Event::Stop) => {}
                Ok(Event::Kill) => self.deadline = Some(Instant::now()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self
                .deadline
                .is_some_and(|deadline| Instant::now() >= deadline)
            {
                self.signal_all(Signal::KILL);
            }
        }
    }

    /// Requests a graceful shutdown. A supervisor stops its workers itself; they are sent SIGTERM
    /// only if they outlive it.
    fn stop(&mut self) {
        let is_supervisor = !self.has_exited
            && (Client::connect(&self.control).is_ok()
                || find_process(self.program.as_raw_nonzero().get().unsigned_abs()).is_some());
        let timeout = if is_supervisor {
            // The program may have just exited.
            let _ = kill_process(self.program, Signal::TERM);
            SUPERVISOR_TIMEOUT
        } else {
            self.signal_all(Signal::TERM);
            STOP_TIMEOUT
        };
        self.deadline = Some(Instant::now() + timeout);
    }

    fn has_group(&self) -> bool {
        !processes::ADOPTS_ORPHANS && test_kill_process_group(self.program).is_ok()
    }

    fn signal_all(&self, signal: Signal) {
        // The processes may have just exited.
        if processes::ADOPTS_ORPHANS {
            for pid in processes::descendants() {
                let _ = kill_process(pid, signal);
            }
        } else {
            let _ = kill_process_group(self.program, signal);
        }
    }
}
