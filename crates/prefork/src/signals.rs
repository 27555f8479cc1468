//! What a signal asks for.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::consts::{
    SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2,
};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

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
