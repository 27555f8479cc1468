//! Windows, and any other system without unix sockets: TCP only.

pub(super) mod passed;

use std::{io, path::Path};

use socket2::Socket;

/// No value: this system has no unix sockets.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "it has no variants")]
pub enum UnixListener {}

/// No value: this system has no unix sockets.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "it has no variants")]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SocketFile {}

impl UnixListener {
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        match *self {}
    }
}

impl From<Socket> for UnixListener {
    fn from(_: Socket) -> Self {
        unreachable!("`bind_unix` makes no socket")
    }
}

pub(crate) const UNIX_PATH_LIMIT: Option<usize> = None;

pub(crate) fn bind_unix(_: &Path, _: u32) -> io::Result<(Socket, SocketFile)> {
    Err(io::ErrorKind::Unsupported.into())
}

/// WSAEAFNOSUPPORT and WSAEADDRNOTAVAIL.
pub(crate) fn family_is_missing(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(10047 | 10049))
}

/// A port in TIME_WAIT is free here, and `SO_REUSEADDR` would share a port that is taken.
pub(crate) fn reuse_address(_: &Socket) -> io::Result<()> {
    Ok(())
}

pub(crate) fn reuse_port(_: &Socket) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "sockets cannot share a port on this system",
    ))
}
