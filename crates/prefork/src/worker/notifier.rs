//! The worker's side of `sd_notify(3)`.

use std::{
    env,
    os::unix::{ffi::OsStrExt, net::UnixDatagram},
    path::Path,
    time::{Duration, Instant},
};

use rustix::{
    event::{Timespec, poll},
    io::retry_on_intr,
    net::{SendFlags, SocketAddrUnix, sendto},
};

use super::identity::{has_supervisor, is_worker, name_process};
use crate::{Counters, system};

/// The abstract socket of a worker, beside the path in `NOTIFY_SOCKET`.
pub(crate) const NOTIFY: &str = "SQUALL_NOTIFY";

/// How long an important message waits for a supervisor that is busy.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long it waits for a path that was deleted, which the supervisor makes again each second.
const MISSING: Duration = Duration::from_secs(3);
const RETRY: Duration = Duration::from_millis(20);

/// Speaks `sd_notify(3)` to the supervisor or to systemd; does nothing when there is neither.
///
/// A message that cannot be delivered is dropped: a server must not stop for it. Important ones
/// ([`ready`](Self::ready), [`stopping`](Self::stopping), [`finished`](Self::finished)) wait up to
/// 1 s for a busy supervisor, and in a worker up to 3 s for a socket that was deleted; the rest
/// doesn't wait.
#[derive(Debug)]
pub struct Notifier {
    socket: Option<UnixDatagram>,
    /// In the order in which they are tried.
    addresses: Vec<SocketAddrUnix>,
    watchdog: Option<Duration>,
}

impl Notifier {
    /// Reads `NOTIFY_SOCKET` and `WATCHDOG_USEC`.
    #[must_use]
    pub fn from_env() -> Self {
        let by_path = env::var_os("NOTIFY_SOCKET");
        // A child of a worker inherits the variable, but may have another service manager.
        let unnamed = env::var_os(NOTIFY).filter(|_| by_path.is_some() && is_worker());
        let addresses: Vec<_> = [unnamed, by_path]
            .iter()
            .flatten()
            .filter_map(|text| notify_address(Path::new(text)))
            .collect();
        let socket = UnixDatagram::unbound().ok().filter(|socket| {
            !addresses.is_empty() && socket.set_write_timeout(Some(PATIENCE)).is_ok()
        });
        let own = std::process::id().to_string();
        let for_another = env::var("WATCHDOG_PID").is_ok_and(|pid| pid != own);
        let watchdog = env::var("WATCHDOG_USEC").ok().filter(|_| !for_another);
        Self {
            socket,
            addresses,
            watchdog: watchdog
                .and_then(|micros| micros.parse().ok())
                // As in sd_watchdog_enabled(3), neither of them is a time.
                .filter(|&micros| micros != 0 && micros != u64::MAX)
                .map(Duration::from_micros),
        }
    }

    /// Whether there is a supervisor or service manager to notify.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.socket.is_some()
    }

    /// How often to call [`alive`](Self::alive): half of the time after which a worker counts as
    /// stuck. `None` where no watch is kept.
    #[must_use]
    pub fn watchdog_interval(&self) -> Option<Duration> {
        self.watchdog.map(|timeout| timeout / 2)
    }

    /// Sends `READY=1`: this process accepts connections from now on, so the worker before may
    /// retire. It does not start the watch over the event loop: the first [`alive`](Self::alive)
    /// does.
    pub fn ready(&self) {
        if is_worker() {
            name_process();
        }
        self.send_surely("READY=1");
    }

    /// Sends `STOPPING=1`: this process accepts no more connections.
    pub fn stopping(&self) {
        self.send_surely("STOPPING=1");
    }

    /// Sends the stop signal that this worker has got. If it was not the supervisor's, an exit
    /// status of 0 does not mean that the worker has finished: it is replaced.
    pub fn stop_signal(&self, signal: i32) {
        self.send_surely(&format!("X_SQUALL_SIGNAL={signal}"));
    }

    /// Sends `RELOADING=1`, for a program that reloads without a new process; follow it by `ready`.
    pub fn reloading(&self) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
        self.send_surely(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
    }

    /// Sends `WATCHDOG=1`: the event loop turns. Call it from the loop that could get stuck, once
    /// in [`watchdog_interval`](Self::watchdog_interval): after the first call a worker that falls
    /// silent for the whole `worker_timeout` is killed. A worker that never calls it is not
    /// watched.
    pub fn alive(&self) {
        self.send("WATCHDOG=1", SendFlags::DONTWAIT);
    }

    /// Sends `STATUS=…`, one line for people. Line breaks are replaced.
    pub fn status(&self, text: &str) {
        let line = text.replace(['\n', '\r'], " ");
        self.send(&format!("STATUS={line}"), SendFlags::DONTWAIT);
    }

    /// Sends the totals since this worker started. Once a second is often enough.
    pub fn counters(&self, counters: &Counters) {
        self.send(&counters_line(counters), SendFlags::DONTWAIT);
    }

    /// Sends the last totals before this worker exits.
    pub fn finished(&self, counters: &Counters) {
        self.send_surely(&counters_line(counters));
    }

    /// Sends what this type has no method for: assignments, one a line.
    pub fn assignments(&self, message: &str) {
        self.send_surely(message);
    }

    /// Tries each address until one takes the message.
    fn send(&self, message: &str, flags: SendFlags) -> bool {
        let Some(socket) = &self.socket else {
            return false;
        };
        self.addresses.iter().any(|address| {
            // A signal may end the wait for a full queue.
            retry_on_intr(|| sendto(socket, message.as_bytes(), flags, address)).is_ok()
        })
    }

    /// Only this crate's supervisor makes a deleted socket again; nothing else is worth a wait.
    fn send_surely(&self, message: &str) {
        let began = Instant::now();
        while !self.send(message, SendFlags::empty())
            && self.is_connected()
            && has_supervisor()
            && began.elapsed() < MISSING
        {
            pause();
        }
    }
}

fn pause() {
    let time = Timespec {
        tv_sec: 0,
        tv_nsec: RETRY.subsec_nanos().into(),
    };
    // A signal may shorten it.
    let _ = poll(&mut [], Some(&time));
}

fn counters_line(counters: &Counters) -> String {
    format!("X_SQUALL_COUNTERS={}", counters.encode())
}

/// A path, or `@name` for an abstract address.
fn notify_address(path: &Path) -> Option<SocketAddrUnix> {
    match path.as_os_str().as_bytes() {
        [b'@', name @ ..] => system::abstract_address(name),
        [b'/', ..] => SocketAddrUnix::new(path).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notify_sockets() {
        let long = format!("/{}", "x".repeat(200));
        for (path, understood) in [
            ("/run/x", true),
            ("@x", cfg!(target_os = "linux")),
            ("", false),
            ("x", false),
            ("vsock:2:1", false),
            (&long, false),
        ] {
            assert_eq!(
                notify_address(Path::new(path)).is_some(),
                understood,
                "{path:?}"
            );
        }
    }
}
