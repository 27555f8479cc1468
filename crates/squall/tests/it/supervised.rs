//! A program in several processes, whose file can be replaced.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::{Pid, Signal, kill_process};
use squall_prefork::{
    Status, WorkerStatus,
    control::{Client, find_in},
};
use testkit::{Running, TempDir, Wire, temp_dir, wait_for, wait_until};

use crate::program;

/// Bytes that are appended to an executable to make another build.
const MARK: &str = "another build";

/// A supervised program on a free port of 127.0.0.1, with a runtime directory of its own.
pub(crate) struct Supervised {
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
    directory: TempDir,
}

impl Supervised {
    pub(crate) fn friendfeed(flags: &[&str]) -> Self {
        Self::start("friendfeed", &[&["--port", "0"], flags].concat())
    }

    pub(crate) fn start(example: &str, arguments: &[&str]) -> Self {
        let directory = temp_dir();
        let program = directory.path().join("program");
        copy(&program::built(example), &program, "");
        let mut command = Command::new(program);
        let running = Running::spawn(quiet(&mut command, directory.path()).args(arguments));
        Self {
            address: program::address(&running),
            running,
            directory,
        }
    }

    /// Replaces the program by a rename, as a deploy does.
    pub(crate) fn deploy(&self, file: &Path) {
        self.deploy_with(file, "");
    }

    /// Replaces the program with another build of it.
    pub(crate) fn deploy_another_build(&self) {
        self.deploy_with(&self.program(), MARK);
    }

    fn deploy_with(&self, file: &Path, mark: &str) {
        let beside = self.directory.path().join("new");
        copy(file, &beside, mark);
        fs::rename(beside, self.program()).expect("it is ours");
    }

    pub(crate) fn program(&self) -> PathBuf {
        self.directory.path().join("program")
    }

    pub(crate) fn wire(&self) -> Wire {
        Wire::connect(self.address)
    }

    /// Sends a request on a new connection; returns status and body.
    pub(crate) fn ask(&self, path: &str) -> (u16, String) {
        let mut wire = self.wire();
        wire.send(format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        ));
        let reply = wire.response();
        (reply.status, reply.text().to_owned())
    }

    pub(crate) fn client(&self) -> Client {
        let pid = Some(self.running.pid());
        wait_for("the control socket", || {
            find_in(self.directory.path())
                .iter()
                .filter_map(|path| Client::connect(path).ok())
                .find_map(|mut client| (client.supervisor() == pid).then_some(client))
        })
    }

    pub(crate) fn status(&self) -> Status {
        self.client().status().expect("the supervisor answers")
    }

    /// Waits until all workers are ready and none is left over.
    pub(crate) fn settled(&self, processes: usize) -> Vec<WorkerStatus> {
        wait_for("the workers to settle", || {
            let status = self.status();
            let ready = status.workers.iter().filter(|one| one.state == "ready");
            let settled = ready.count() == processes && status.workers.len() == processes;
            (settled && status.state == "running").then_some(status.workers)
        })
    }

    pub(crate) fn pids(&self, processes: usize) -> Vec<u32> {
        let workers = self.settled(processes);
        workers.iter().map(|worker| worker.pid).collect()
    }
}

/// Copies a file and appends to the copy, in a process of its own: a child that another test forks
/// meanwhile would inherit the descriptor and keep the copy from being executed (ETXTBSY).
fn copy(from: &Path, to: &Path, mark: &str) {
    let status = Command::new("sh")
        .args(["-c", "cp \"$0\" \"$1\" && printf %s \"$2\" >> \"$1\""])
        .args([from.as_os_str(), to.as_os_str(), mark.as_ref()])
        .status();
    assert!(status.expect("every system has sh").success());
}

/// Returns the command without the environment's settings, and without an access log.
pub(crate) fn quiet<'a>(command: &'a mut Command, directory: &Path) -> &'a mut Command {
    command
        .env("RUST_BACKTRACE", "0")
        .env("RUST_LOG", "info,squall::access=off")
        .env("TMPDIR", directory)
        .env_remove("RUNTIME_DIRECTORY")
        .env_remove("XDG_RUNTIME_DIR")
        .env_remove("NOTIFY_SOCKET")
}

/// Whether the process runs what [`Supervised::deploy_another_build`] has made.
pub(crate) fn is_another_build(pid: u32) -> bool {
    let executable = fs::read(format!("/proc/{pid}/exe")).expect("it is alive");
    executable.ends_with(MARK.as_bytes())
}

/// Returns the number of sockets that the process has open.
pub(crate) fn sockets(pid: u32) -> usize {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).expect("it is alive");
    let targets = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    targets
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}

pub(crate) fn children(pid: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let list = list.expect("it is alive");
    list.split_whitespace()
        .map(|pid| pid.parse().expect("a process id"))
        .collect()
}

pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.cast_signed()).expect("no process has id 0");
    kill_process(pid, signal).expect("the process is there");
}

pub(crate) fn is_alive(pid: u32) -> bool {
    // A zombie has no executable.
    fs::read_link(format!("/proc/{pid}/exe")).is_ok()
}

pub(crate) fn wait_gone(pids: &[u32]) {
    wait_until("the processes to end", || {
        !pids.iter().any(|pid| is_alive(*pid))
    });
}
