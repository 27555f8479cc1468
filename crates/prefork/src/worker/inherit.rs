//! Sockets that were passed to this process (`sd_listen_fds(3)`), with a name each.

use squall_listen::{ListenError, Listener, inherited};

/// A listening socket, and its name.
#[derive(Debug)]
#[non_exhaustive]
pub struct Socket {
    /// From `listen_as` or systemd's `FileDescriptorName=`;
    /// [`Supervisor::listen`](crate::Supervisor::listen) calls it `squall`.
    pub name: String,
    /// The socket itself, in the blocking mode that its last user set.
    pub listener: Listener,
}

pub(crate) fn take() -> Result<Vec<Socket>, ListenError> {
    let passed = inherited()?.into_iter().map(|passed| Socket {
        // systemd's name for a socket without one.
        name: passed.name.unwrap_or_else(|| "unknown".to_owned()),
        listener: passed.listener,
    });
    Ok(passed.collect())
}
