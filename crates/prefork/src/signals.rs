//! Signals of the supervisor.

use std::{
    fs, io,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    sync::{Arc, atomic::AtomicBool},
};

use signal_hook::{
    consts::{
        SIGCHLD, SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2,
    },
    iterator::{backend::SignalDelivery, exfiltrator::SignalOnly},
};

/// Unblocks all signals for this thread, and for threads and processes that it starts.
///
/// A parent may have left SIGTERM blocked, and a process inherits that: then nothing but SIGKILL
/// stops it. Call it first, before other threads exist. [`Supervisor::run`](crate::Supervisor::run)
/// does.
///
/// # Errors
///
/// When the system refuses.
pub fn unblock_signals() -> io::Result<()> {
    Ok(nix::sys::signal::SigSet::empty().thread_set_mask()?)
}

/// Handles the signals that this process inherited as ignored, by doing nothing: a handler does not
/// survive `exec`, so workers get the default action, and SIG_IGN would survive it.
pub(crate) fn stop_ignoring() {
    let flag = Arc::new(AtomicBool::new(false));
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    // `Command` sets SIGPIPE to its default action, which Rust programs ignore.
    let refused = signal_hook::consts::FORBIDDEN;
    let ignored = ignored(&status).filter(|signal| *signal != SIGPIPE && !refused.contains(signal));
    for signal in ignored {
        // The C library keeps some for itself.
        let _ = signal_hook::flag::register(signal, Arc::clone(&flag));
    }
}

/// The line `SigIgn` of a process's `status`: a bit for each signal, the lowest for signal 1.
fn ignored(status: &str) -> impl Iterator<Item = i32> + use<> {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let set = line.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok());
    let set = set.unwrap_or_default();
    (1..=64).filter(move |signal| set & 1 << (signal - 1) != 0)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    StopGracefully,
    StopQuickly,
    Reload,
    More,
    Fewer,
    ReopenLogs,
    Upgrade,
    /// A child ended: only a reason to look.
    Look,
}

fn request(signal: i32) -> Request {
    match signal {
        SIGTERM | SIGQUIT => Request::StopGracefully,
        SIGINT => Request::StopQuickly,
        SIGHUP => Request::Reload,
        SIGTTIN => Request::More,
        SIGTTOU => Request::Fewer,
        SIGUSR1 => Request::ReopenLogs,
        SIGUSR2 => Request::Upgrade,
        _ => Request::Look,
    }
}

/// The signals of this process, as something to poll.
#[derive(Debug)]
pub(crate) struct Signals {
    delivery: SignalDelivery<UnixStream, SignalOnly>,
}

impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        let signals = [
            SIGTERM, SIGQUIT, SIGINT, SIGHUP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGCHLD,
        ];
        let delivery = SignalDelivery::with_pipe(read, write, SignalOnly, signals)?;
        Ok(Self { delivery })
    }

    pub(crate) fn pending(&mut self) -> Vec<Request> {
        self.delivery.pending().map(request).collect()
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.delivery.get_read().as_fd()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.delivery.handle().close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_of_a_status() {
        for (status, expected) in [
            ("SigIgn:\t0000000000000000\n", vec![]),
            (
                "Name:\tx\nSigIgn:\t8000000000011001\nSigCgt:\tff\n",
                vec![1, 13, 17, 64],
            ),
            ("SigIgn:\tx\n", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(ignored(status).collect::<Vec<_>>(), expected, "{status:?}");
        }
    }
}
