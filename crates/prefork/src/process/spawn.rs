//! Spawns a worker process.

use std::{
    env,
    fs::File,
    io,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use command_fds::{CommandFdExt, FdMapping};
use rustix::process::Pid;

use super::{
    parcel,
    program::{Executable, Program, is_same_file},
};
use crate::{
    inheritance,
    policy::{Generation, TaskId},
    system,
    worker::{identity, inherit::Socket, notifier},
};

/// The first descriptor of the protocol (`SD_LISTEN_FDS_START`).
const FIRST: i32 = 3;
/// The path of a foreign program, for its process to execute once it has its own id.
const PROGRAM: &str = "SQUALL_PROGRAM";
/// Its executable comes through standard input.
const IS_PASSED: &str = "SQUALL_PROGRAM_PASSED";

/// A worker to spawn.
pub(crate) struct Launch<'a> {
    pub(crate) program: &'a Program,
    pub(crate) executable: &'a Executable,
    pub(crate) directory: Option<&'a OwnedFd>,
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
            (self.foreign_command()?, None)
        } else {
            self.own_command(first_free)?
        };
        if let Some(directory) = self.directory_path() {
            // `Command` changes to it before it maps descriptors.
            command.current_dir(directory);
        }
        self.describe(&mut command);
        hook(self.task, &mut command);
        let mappings = (FIRST..).zip(&self.sockets).map(|(child_fd, socket)| {
            let parent_fd = socket.listener.as_fd().try_clone_to_owned()?;
            Ok(FdMapping {
                parent_fd,
                child_fd,
            })
        });
        command
            .fd_mappings(mappings.collect::<io::Result<Vec<_>>>()?)
            .map_err(io::Error::other)?;
        let child = command
            .process_group(0)
            .spawn()
            .map_err(|error| self.cannot_start(error))?;
        drop(fillers);
        // Waiting is done by process id, see `wait`: a successor after an upgrade has no `Child`.
        Ok(Pid::from_child(&child))
    }

    /// The program itself, and the descriptor that must stay open until it is executed.
    fn own_command(&self, first_free: i32) -> io::Result<(Command, Option<OwnedFd>)> {
        let (path, file) = match self.executable {
            Executable::Path(path) => (path.clone(), None),
            Executable::Binary(file) => {
                // Above the descriptors that the mapping is about to overwrite.
                let file = rustix::io::fcntl_dupfd_cloexec(file, first_free)?;
                (system::path_of(&file), Some(file))
            }
        };
        let mut command = Command::new(path);
        command
            .arg0(&self.program.name)
            .args(&self.program.arguments);
        Ok((command, file))
    }

    /// This program again: `become_program` goes on from there, with the generation's executable.
    fn foreign_command(&self) -> io::Result<Command> {
        let mut arguments = env::args_os();
        let mut command = Command::new(system::own_executable());
        command
            .arg0(arguments.next().unwrap_or_default())
            .args(arguments);
        match self.executable {
            Executable::Path(path) => command.env(PROGRAM, path),
            Executable::Binary(file) => command
                .env(PROGRAM, &self.program.path)
                .env(IS_PASSED, "1")
                .stdin(parcel::send(file)?),
        };
        Ok(command)
    }

    fn cannot_start(&self, error: io::Error) -> io::Error {
        if self.is_foreign {
            // The first process is this program; the other one replaces it.
            return io::Error::new(error.kind(), format!("the supervisor's program: {error}"));
        }
        self.executable.cannot_start(self.program, &error)
    }

    /// The generation's working directory; elsewhere than on Linux, as its path leads now.
    fn directory_path(&self) -> Option<PathBuf> {
        let directory = self.directory?;
        if system::executes_descriptors() {
            Some(system::path_of(directory))
        } else {
            self.program.directory.clone()
        }
    }

    fn describe(&self, command: &mut Command) {
        let names: Vec<&str> = self
            .sockets
            .iter()
            .map(|socket| socket.name.as_str())
            .collect();
        for name in inheritance::dropped(env::vars_os().map(|(name, _)| name)) {
            command.env_remove(name);
        }
        match (&self.program.directory, self.directory_path()) {
            (Some(path), Some(directory)) if is_same_file(path, &directory) => {
                command.env("PWD", path);
            }
            // The path leads to another release by now.
            (_, Some(_)) => {
                command.env_remove("PWD");
            }
            (_, None) => {}
        }
        command
            .env("LISTEN_FDS", self.sockets.len().to_string())
            .env("LISTEN_FDNAMES", names.join(":"))
            .env("NOTIFY_SOCKET", self.notify)
            .env(identity::TASK_ID, self.task.to_string())
            .env(identity::GENERATION, self.generation.to_string())
            .env(identity::SUPERVISOR, std::process::id().to_string())
            .env(identity::CONTROL, self.control);
        if let Some(address) = &self.unnamed_notify {
            command.env(notifier::NOTIFY, address);
        }
        if let Some(usec) = self.worker_timeout.and_then(watchdog_usec) {
            command.env("WATCHDOG_USEC", usec.to_string());
        }
    }
}

/// `None` means no watchdog: the protocol has 64 bits, and the largest value stands for infinity.
fn watchdog_usec(timeout: Duration) -> Option<u64> {
    let usec = u64::try_from(timeout.as_micros()).ok()?;
    (usec != u64::MAX).then_some(usec.max(1))
}

/// Occupies every free descriptor below `limit`. `Command` reports a failed `exec` through a pipe;
/// on such a number the mapping would close it.
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

/// Whether this process was spawned to become a foreign program.
pub(crate) fn is_unfinished() -> bool {
    env::var_os(PROGRAM).is_some()
}

/// Executes a foreign program in this process, a worker of its own. Only here is the value of
/// `LISTEN_PID` known, and the program does not set a parent death signal by itself.
///
/// Returns only when that fails.
pub(crate) fn become_program(program: &Program) -> io::Error {
    if let Err(error) = identity::stop_program_with_supervisor() {
        return error;
    }
    let path = env::var_os(PROGRAM).unwrap_or_default();
    let passed = env::var_os(IS_PASSED).map(|_| parcel::receive());
    let file = match passed.transpose() {
        Ok(file) => file,
        Err(error) => return error,
    };
    let path = Path::new(&path);
    // By its own path while that is still this generation: the process is named after it.
    let path = match file.as_ref().map(system::path_of) {
        Some(file) if !is_same_file(path, &file) => file,
        _ => path.to_owned(),
    };
    let error = Command::new(&path)
        .arg0(&program.name)
        .args(&program.arguments)
        .env("LISTEN_PID", std::process::id().to_string())
        .env_remove(PROGRAM)
        .env_remove(IS_PASSED)
        .exec();
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
