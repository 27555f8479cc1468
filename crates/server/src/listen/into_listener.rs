//! Listeners that a program has made itself, of std or tokio.

use std::io;

use squall_listen::Listener;

/// A socket that listens already: a [`Listener`], or one of std or tokio.
pub trait IntoListener {
    /// Makes it a [`Listener`].
    ///
    /// # Errors
    ///
    /// When the system does not return the socket's address.
    fn into_listener(self) -> io::Result<Listener>;
}

impl IntoListener for Listener {
    fn into_listener(self) -> io::Result<Listener> {
        Ok(self)
    }
}

impl IntoListener for std::net::TcpListener {
    fn into_listener(self) -> io::Result<Listener> {
        self.try_into()
    }
}

impl IntoListener for tokio::net::TcpListener {
    fn into_listener(self) -> io::Result<Listener> {
        self.into_std()?.try_into()
    }
}

#[cfg(unix)]
impl IntoListener for std::os::unix::net::UnixListener {
    fn into_listener(self) -> io::Result<Listener> {
        self.try_into()
    }
}

#[cfg(unix)]
impl IntoListener for tokio::net::UnixListener {
    fn into_listener(self) -> io::Result<Listener> {
        self.into_std()?.try_into()
    }
}
