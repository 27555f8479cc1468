//! Sockets passed in by the parent process.

use std::io;

use listenfd::ListenFd;

use crate::Listener;

pub(crate) fn take(passed: &mut ListenFd, index: usize) -> io::Result<Option<Listener>> {
    passed
        .take_tcp_listener(index)?
        .map(Listener::try_from)
        .transpose()
}

/// `systemfd` passes nothing else.
pub(crate) fn is_listener(_: &Listener) -> io::Result<bool> {
    Ok(true)
}
