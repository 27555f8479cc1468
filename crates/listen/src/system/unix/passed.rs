//! Sockets passed in by the parent process.

use std::io;

use listenfd::ListenFd;
use socket2::SockRef;

use crate::Listener;

pub(crate) fn take(passed: &mut ListenFd, index: usize) -> io::Result<Option<Listener>> {
    match passed.take_tcp_listener(index) {
        Ok(socket) => socket.map(Listener::try_from).transpose(),
        Err(_) => passed
            .take_unix_listener(index)?
            .map(Listener::try_from)
            .transpose(),
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
pub(crate) fn is_listener(listener: &Listener) -> io::Result<bool> {
    SockRef::from(listener).is_listener()
}

/// Without `SO_ACCEPTCONN`, only a connected socket is recognized.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub(crate) fn is_listener(listener: &Listener) -> io::Result<bool> {
    Ok(SockRef::from(listener).peer_addr().is_err())
}
