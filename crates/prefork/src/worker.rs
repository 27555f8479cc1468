//! The worker's side: who am I, what do I listen on, and how do I tell my supervisor.
//!
//! ```no_run
//! use squall_prefork::worker::{self, Notifier};
//!
//! # fn main() -> std::io::Result<()> {
//! worker::stop_with_supervisor()?;
//! let sockets = worker::sockets()?;
//! let notifier = Notifier::from_env();
//! // … load, connect, then:
//! notifier.ready();
//! # Ok(()) }
//! ```

use std::env;
use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use rustix::net::{SendFlags, SocketAddrUnix, sendto};
use rustix::process::{
    Pid, Signal, getpid, getppid, kill_process, set_parent_process_death_signal,
};

pub use crate::inherit::{Listener, Socket};
use crate::{Counters, inherit};

pub(crate) const TASK_ID: &str = "SQUALL_TASK_ID";
pub(crate) const GENERATION: &str = "SQUALL_GENERATION";
pub(crate) const SUPERVISOR: &str = "SQUALL_SUPERVISOR";
pub(crate) const CONTROL: &str = "SQUALL_CONTROL";

/// Which worker this process is, 0…n-1 as Tornado's `task_id()`, or `None` in any other process.
///
/// A worker's children inherit its environment but are no workers, and are not taken for some.
#[must_use]
pub fn task_id() -> Option<usize> {
    static TASK: OnceLock<Option<usize>> = OnceLock::new();
    *TASK.get_or_init(|| {
        let supervisor: i32 = env::var(SUPERVISOR).ok()?.parse().ok()?;
        let parent = getppid()?;
        (parent.as_raw_nonzero().get() == supervisor).then_some(())?;
        env::var(TASK_ID).ok()?.parse().ok()
    })
}

/// How long a message that must arrive waits for a supervisor that is busy.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether a supervisor of this crate started this process.
#[must_use]
pub fn is_worker() -> bool {
    task_id().is_some()
}

/// Which executable this worker runs, counted by its supervisor from 1.
#[must_use]
pub fn generation() -> Option<u64> {
    task_id()?;
    env::var(GENERATION).ok()?.parse().ok()
}

/// Where the supervisor's control socket is, for [`control::Client`](crate::control::Client).
#[must_use]
pub fn control_path() -> Option<PathBuf> {
    task_id()?;
    env::var_os(CONTROL).map(PathBuf::from)
}

/// Takes the sockets that the supervisor (or systemd) handed to this process. A second call finds none.
///
/// One address may come more than once: this worker accepts on behalf of a slot that can't.
///
/// # Errors
///
/// When `LISTEN_FDS` and its company do not describe listening sockets.
pub fn sockets() -> io::Result<Vec<Socket>> {
    inherit::take().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}

/// Asks the kernel for a SIGTERM when the supervisor is gone, so that no orphan stays on its port.
/// Does nothing in a process that is no worker.
///
/// # Errors
///
/// When the kernel refuses.
pub fn stop_with_supervisor() -> io::Result<()> {
    let Some(supervisor) = env::var(SUPERVISOR).ok().and_then(|pid| pid.parse().ok()) else {
        return Ok(());
    };
    if !is_worker() {
        return Ok(());
    }
    set_parent_process_death_signal(Some(Signal::TERM))?;
    // It may have died before we asked.
    if getppid() != Pid::from_raw(supervisor) {
        kill_process(getpid(), Signal::TERM)?;
    }
    Ok(())
}

/// Speaks `sd_notify(3)` to the supervisor or to systemd; says nothing when there is neither.
///
/// A message that cannot be delivered is dropped: a server must not stop for it. What must arrive
/// ([`ready`](Self::ready), [`stopping`](Self::stopping), [`finished`](Self::finished)) waits up
/// to 1 s for a busy supervisor, the rest doesn't wait.
#[derive(Debug)]
pub struct Notifier {
    socket: Option<(UnixDatagram, SocketAddrUnix)>,
    watchdog: Option<Duration>,
}

impl Notifier {
    /// Reads `NOTIFY_SOCKET` and `WATCHDOG_USEC`.
    #[must_use]
    pub fn from_env() -> Self {
        let socket = env::var_os("NOTIFY_SOCKET").and_then(|path| {
            let address = notify_address(Path::new(&path))?;
            let socket = UnixDatagram::unbound().ok()?;
            socket.set_write_timeout(Some(PATIENCE)).ok()?;
            Some((socket, address))
        });
        let own = std::process::id().to_string();
        let for_another = env::var("WATCHDOG_PID").is_ok_and(|pid| pid != own);
        let watchdog = env::var("WATCHDOG_USEC").ok().filter(|_| !for_another);
        Self {
            socket,
            watchdog: watchdog
                .and_then(|micros| micros.parse().ok())
                .map(Duration::from_micros),
        }
    }

    /// Whether anybody listens.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.socket.is_some()
    }

    /// How often to call [`alive`](Self::alive): half of the time after which a worker counts as stuck.
    #[must_use]
    pub fn watchdog_interval(&self) -> Option<Duration> {
        self.watchdog.map(|timeout| timeout / 2)
    }

    /// `READY=1`: accepts connections from now on, so the worker before may retire.
    pub fn ready(&self) {
        if is_worker() {
            name_process();
        }
        self.send("READY=1\nWATCHDOG=1", SendFlags::empty());
    }

    /// `STOPPING=1`: accepts no more.
    pub fn stopping(&self) {
        self.send("STOPPING=1", SendFlags::empty());
    }

    /// Says which signal this worker ends because of. If it was not the supervisor's, an exit status of
    /// 0 does not mean that the worker has finished: it is replaced.
    pub fn told_by_signal(&self, signal: i32) {
        self.send(&format!("X_SQUALL_SIGNAL={signal}"), SendFlags::empty());
    }

    /// `RELOADING=1`, for a program that reloads without a new process; follow it by `ready`.
    pub fn reloading(&self) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
        self.send(
            &format!("RELOADING=1\nMONOTONIC_USEC={micros}"),
            SendFlags::empty(),
        );
    }

    /// `WATCHDOG=1`: the event loop turns. Call it from the loop that could get stuck.
    pub fn alive(&self) {
        self.send("WATCHDOG=1", SendFlags::DONTWAIT);
    }

    /// `STATUS=…`: one line for people. Line breaks are replaced.
    pub fn status(&self, text: &str) {
        let line = text.replace(['\n', '\r'], " ");
        self.send(&format!("STATUS={line}"), SendFlags::DONTWAIT);
    }

    /// Reports the totals since this worker started. Once a second is often enough.
    pub fn counters(&self, counters: &Counters) {
        self.send(&counters_line(counters), SendFlags::DONTWAIT);
    }

    /// The last report before this worker exits.
    pub fn finished(&self, counters: &Counters) {
        self.send(&counters_line(counters), SendFlags::empty());
    }

    /// For what this type has no method for: assignments, one a line.
    pub fn assignments(&self, message: &str) {
        self.send(message, SendFlags::empty());
    }

    fn send(&self, message: &str, flags: SendFlags) {
        if let Some((socket, address)) = &self.socket {
            let _ = sendto(socket, message.as_bytes(), flags, address);
        }
    }
}

fn counters_line(counters: &Counters) -> String {
    format!("X_SQUALL_COUNTERS={}", counters.encode())
}

/// A path, or `@name` for an abstract address.
fn notify_address(path: &Path) -> Option<SocketAddrUnix> {
    match path.as_os_str().as_bytes() {
        [b'@', name @ ..] => SocketAddrUnix::new_abstract_name(name).ok(),
        [b'/', ..] => SocketAddrUnix::new(path).ok(),
        _ => None,
    }
}

/// Started through a descriptor, a worker would be called by its number in `ps` and `top`.
pub(crate) fn name_process() {
    let main_thread = rustix::thread::gettid() == getpid();
    let name = env::args_os().next().and_then(|path| {
        let name = Path::new(&path).file_name()?.as_bytes().to_vec();
        CString::new(name.into_iter().take(15).collect::<Vec<u8>>()).ok()
    });
    if let Some(name) = name.filter(|_| main_thread) {
        // Only a name: nothing depends on it.
        let _ = rustix::thread::set_name(&name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notify_sockets() {
        for (path, understood) in [
            ("/run/x", true),
            ("@x", true),
            ("", false),
            ("x", false),
            ("vsock:2:1", false),
        ] {
            assert_eq!(
                notify_address(Path::new(path)).is_some(),
                understood,
                "{path:?}"
            );
        }
    }

    #[test]
    fn a_test_is_no_worker() {
        assert_eq!(
            (task_id(), generation(), control_path()),
            (None, None, None)
        );
        assert!(stop_with_supervisor().is_ok());
    }
}
