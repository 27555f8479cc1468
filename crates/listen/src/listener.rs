//! A socket that listens, with its address and, for a unix socket made here, its file.

#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
use std::{io, net::TcpListener};

use crate::{Address, SocketFile, UnixListener};

/// A socket that listens, made by [`Bind`](crate::Bind) or [passed in](crate::inherited).
///
/// It is a blocking socket, unless it was passed in as another one: a runtime has to call
/// `set_nonblocking`.
#[derive(Debug)]
pub struct Listener {
    // Dropped before the socket: while the socket still listens, no other process binds the path.
    file: Option<SocketFile>,
    socket: ListenerSocket,
    address: Address,
}

/// A socket of the standard library.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a listener is one of these two")]
pub enum ListenerSocket {
    /// TCP.
    Tcp(TcpListener),
    /// A unix stream socket.
    Unix(UnixListener),
}

impl Listener {
    pub(crate) fn new(socket: ListenerSocket, address: Address, file: Option<SocketFile>) -> Self {
        Self {
            file,
            socket,
            address,
        }
    }

    /// Returns where it listens, with a real port in the place of 0.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Returns the socket.
    #[must_use]
    pub fn socket(&self) -> &ListenerSocket {
        &self.socket
    }

    /// Returns the file of a unix socket, if this process made it.
    #[must_use]
    pub fn file(&self) -> Option<&SocketFile> {
        self.file.as_ref()
    }

    /// Makes the file one that is removed with this listener: a supervisor that executes itself
    /// again keeps the socket and its file.
    pub fn set_file(&mut self, file: SocketFile) {
        self.file = Some(file);
    }

    /// Returns the socket, and the file that is removed when the second value is dropped. Drop it
    /// before the socket.
    #[must_use]
    pub fn into_parts(self) -> (ListenerSocket, Option<SocketFile>) {
        (self.socket, self.file)
    }

    /// Returns a second handle on the same socket: both accept from one queue.
    ///
    /// # Errors
    ///
    /// When the system has no descriptor left.
    pub fn try_clone(&self) -> io::Result<Self> {
        let socket = match &self.socket {
            ListenerSocket::Tcp(socket) => ListenerSocket::Tcp(socket.try_clone()?),
            ListenerSocket::Unix(socket) => ListenerSocket::Unix(socket.try_clone()?),
        };
        Ok(Self::new(socket, self.address.clone(), self.file.clone()))
    }
}

impl TryFrom<TcpListener> for Listener {
    type Error = io::Error;

    fn try_from(socket: TcpListener) -> io::Result<Self> {
        let address = Address::Tcp(socket.local_addr()?);
        Ok(Self::new(ListenerSocket::Tcp(socket), address, None))
    }
}

#[cfg(unix)]
impl TryFrom<UnixListener> for Listener {
    type Error = io::Error;

    fn try_from(socket: UnixListener) -> io::Result<Self> {
        let address = socket.local_addr()?;
        let address = Address::Unix(address.as_pathname().map(Into::into).unwrap_or_default());
        Ok(Self::new(ListenerSocket::Unix(socket), address, None))
    }
}

#[cfg(unix)]
impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.socket {
            ListenerSocket::Tcp(socket) => socket.as_fd(),
            ListenerSocket::Unix(socket) => socket.as_fd(),
        }
    }
}
