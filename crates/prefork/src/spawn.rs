//! Starts one worker.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use command_fds::{CommandFdExt, FdMapping};
use rustix::process::Pid;

use crate::inherit::Socket;
use crate::machine::{Generation, TaskId};
use crate::program::{Executable, Program, is_same_file};
use crate::{handover, notifier, worker};

/// The first descriptor of the protocol (`SD_LISTEN_FDS_START`).
const FIRST: i32 = 3;
/// What a foreign program's process has to become, as soon as it knows its own id.
const PROGRAM: &str = "SQUALL_PROGRAM";

/// Everything a worker is told.
pub(crate) struct Launch<'a> {
    pub(crate) program: &'a Program,
    pub(crate) executable: &'a Executable,
    pub(crate) is_foreign: bool,
    pub(crate) task: TaskId,
    pub(crate) generation: Generation,
    pub(crate) sockets: Vec<Socket>,
    pub(crate) notify: &'a Path,
    pub(crate) unnamed_notify: Option<String>,
    pub(crate) control: &'a Path,
    pub(crate) worker_timeout: Option<Duration>,
}

impl Launch<'_> {
    /// Starts the process, in a process group of its own.
    pub(crate) fn spawn(self, hook: &mut dyn FnMut(TaskId, &mut Command)) -> io::Result<Pid> {
        let first_free = FIRST + i32::try_from(self.sockets.len()).map_err(io::Error::other)?;
        let fillers = fill_below(first_free)?;
        let (mut command, _file) = if self.is_foreign {
            (self.foreign_command(), None)
        } else {
            self.own_command(first_free)?
        };
        self.describe(&mut command);
        hook(self.task, &mut command);
        let mappings = (FIRST..).zip(self.sockets).map(|(child_fd, socket)| {
            let parent_fd = socket.listener.as_fd().try_clone_to_owned()?;
            Ok(FdMapping {
                parent_fd,
                child_fd,
            })
        });
        command
            .fd_mappings(mappings.collect::<io::Result<Vec<_>>>()?)
            .map_err(io::Error::other)?;
        let child = command.process_group(0).spawn()?;
        drop(fillers);
        // Waiting is done by process id, see `wait`: a successor after an upgrade has no `Child`.
        Ok(Pid::from_child(&child))
    }

    /// The program itself, and the descriptor that must stay open until it is executed.
    fn own_command(&self, first_free: i32) -> io::Result<(Command, Option<OwnedFd>)> {
        let (path, file) = match self.executable {
            Executable::Script(path) => (path.clone(), None),
            Executable::Binary(file) => {
                // Above the descriptors that the mapping is about to overwrite.
                let file = rustix::io::fcntl_dupfd_cloexec(file, first_free)?;
                (
                    format!("/proc/self/fd/{}", file.as_raw_fd()).into(),
                    Some(file),
                )
            }
        };
        let mut command = Command::new(path);
        command
            .arg0(&self.program.name)
            .args(&self.program.arguments);
        Ok((command, file))
    }

    /// This program again: `become_program` goes on from there, after we have long forgotten this
    /// spawn, so it is told the descriptor that lives as long as the generation.
    fn foreign_command(&self) -> Command {
        let path: PathBuf = match self.executable {
            Executable::Script(path) => path.clone(),
            Executable::Binary(file) => {
                format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd()).into()
            }
        };
        let mut arguments = env::args_os();
        let mut command = Command::new("/proc/self/exe");
        command
            .arg0(arguments.next().unwrap_or_default())
            .args(arguments)
            .env(PROGRAM, path);
        command
    }

    fn describe(&self, command: &mut Command) {
        let names: Vec<&str> = self
            .sockets
            .iter()
            .map(|socket| socket.name.as_str())
            .collect();
        command
            .env("LISTEN_FDS", self.sockets.len().to_string())
            .env("LISTEN_FDNAMES", names.join(":"))
            .env("NOTIFY_SOCKET", self.notify)
            .env(worker::TASK_ID, self.task.to_string())
            .env(worker::GENERATION, self.generation.to_string())
            .env(worker::SUPERVISOR, std::process::id().to_string())
            .env(worker::CONTROL, self.control)
            .env_remove("LISTEN_PID")
            .env_remove("WATCHDOG_PID")
            .env_remove(handover::VARIABLE);
        match &self.unnamed_notify {
            Some(address) => command.env(notifier::NOTIFY, address),
            None => command.env_remove(notifier::NOTIFY),
        };
        match self.worker_timeout {
            Some(timeout) => command.env("WATCHDOG_USEC", timeout.as_micros().to_string()),
            None => command.env_remove("WATCHDOG_USEC"),
        };
    }
}

/// Occupies every free descriptor below `limit`. `Command` learns of a failed `exec` through a
/// pipe; on such a number the mapping would close it.
fn fill_below(limit: i32) -> io::Result<Vec<File>> {
    let mut fillers = Vec::new();
    loop {
        let filler = File::open("/dev/null")?;
        if filler.as_raw_fd() >= limit {
            return Ok(fillers);
        }
        fillers.push(filler);
    }
}

/// In a worker that is to run a foreign program: runs it, in this process. `LISTEN_PID` can only
/// be told now, and the program can't ask for a signal when its supervisor dies, so we do.
///
/// Returns only when that fails.
pub(crate) fn become_program(program: &Program) -> io::Error {
    if let Err(error) = worker::stop_program_with_supervisor() {
        return error;
    }
    let generation: OsString = env::var_os(PROGRAM).unwrap_or_default();
    // By its own path while that is still this generation: the process is named after it.
    let is_current = is_same_file(&program.path, Path::new(&generation));
    let path = if is_current {
        program.path.clone()
    } else {
        generation.into()
    };
    Command::new(path)
        .arg0(&program.name)
        .args(&program.arguments)
        .env("LISTEN_PID", std::process::id().to_string())
        .env_remove(PROGRAM)
        .exec()
}
