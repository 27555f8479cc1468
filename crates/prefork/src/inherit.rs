//! Sockets that were handed to this process (`sd_listen_fds(3)`).

use std::env;
use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixListener;

use listenfd::ListenFd;
use socket2::SockRef;

use crate::{Address, ConfigError};

/// A listening socket, and the name it was given.
#[derive(Debug)]
#[non_exhaustive]
pub struct Socket {
    /// From `listen_as` or systemd's `FileDescriptorName=`; [`Supervisor::listen`](crate::Supervisor::listen) calls it `squall`.
    pub name: String,
    /// The socket itself, in whichever blocking mode its last user left it.
    pub listener: Listener,
}

/// A listening socket of the standard library.
#[derive(Debug)]
#[non_exhaustive]
pub enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A unix stream socket.
    Unix(UnixListener),
}

impl Listener {
    /// Where it listens.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    pub fn address(&self) -> io::Result<Address> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Address::Tcp),
            Self::Unix(listener) => {
                let address = listener.local_addr()?;
                Ok(Address::Unix(
                    address.as_pathname().map(Into::into).unwrap_or_default(),
                ))
            }
        }
    }

    /// A second handle on the same queue.
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Tcp(listener) => Self::Tcp(listener.try_clone()?),
            Self::Unix(listener) => Self::Unix(listener.try_clone()?),
        })
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(listener) => listener.as_fd(),
            Self::Unix(listener) => listener.as_fd(),
        }
    }
}

/// More than systemd ever passes. A count of billions would be allocated before it is checked.
const MOST: usize = 4096;

pub(crate) fn take() -> Result<Vec<Socket>, ConfigError> {
    let nonsense = |reason: String| ConfigError::ListenFds(reason);
    let count = env::var("LISTEN_FDS").unwrap_or_default();
    if count.is_empty() {
        return Ok(Vec::new());
    }
    if !count.parse::<usize>().is_ok_and(|count| count <= MOST) {
        return Err(nonsense(format!("LISTEN_FDS is {count:?}")));
    }
    let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
    let mut names = names.split(':');
    let mut passed = ListenFd::from_env();
    (0..passed.len())
        .map(|index| {
            let name = names
                .next()
                .filter(|name| !name.is_empty())
                .unwrap_or("unknown")
                .to_owned();
            let listener = listener(&mut passed, index)
                .map_err(|error| nonsense(format!("number {index} ({name:?}): {error}")))?;
            Ok(Socket { name, listener })
        })
        .collect()
}

fn listener(passed: &mut ListenFd, index: usize) -> io::Result<Listener> {
    let gone = || io::Error::from(io::ErrorKind::NotFound);
    let listener = match passed.take_tcp_listener(index) {
        Ok(listener) => Listener::Tcp(listener.ok_or_else(gone)?),
        Err(_) => Listener::Unix(passed.take_unix_listener(index)?.ok_or_else(gone)?),
    };
    if !SockRef::from(&listener).is_listener()? {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the socket does not listen",
        ));
    }
    Ok(listener)
}
