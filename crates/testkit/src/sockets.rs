//! Addresses on which nobody listens.
//!
//! The sockets here never listen themselves. A process that another test starts has a copy of each
//! descriptor until its `exec`, and would go on listening for a moment after ours is closed.

use std::{
    net::{Ipv4Addr, SocketAddr},
    os::fd::OwnedFd,
    path::Path,
};

use rustix::{
    io,
    net::{
        AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, getsockname, socket_with,
        sockopt::set_socket_reuseaddr,
    },
};

/// Finds a port of 127.0.0.1 that was free a moment ago.
///
/// Another process may take it before you do, so this is the last resort, for programs that
/// can't be told to listen on port 0 and say what they got.
///
/// # Panics
///
/// When no port is left.
#[must_use]
#[track_caller]
pub fn free_port() -> u16 {
    let find = || SocketAddr::try_from(getsockname(bound(0)?)?);
    find().expect("a free port on 127.0.0.1").port()
}

/// Whether a server could bind this port of 127.0.0.1 now.
#[must_use]
pub fn is_free_port(port: u16) -> bool {
    bound(port).is_ok()
}

/// Makes the file of a unix socket, as a server that was killed leaves it.
///
/// # Panics
///
/// When the system refuses it.
#[track_caller]
pub fn stale_socket(path: impl AsRef<Path>) {
    let make = || {
        bind(
            socket(AddressFamily::UNIX)?,
            &SocketAddrUnix::new(path.as_ref())?,
        )
    };
    make().expect("the path is free, and its directory writable");
}

fn bound(port: u16) -> io::Result<OwnedFd> {
    let socket = socket(AddressFamily::INET)?;
    // So that a server can bind the port beside a copy of this descriptor.
    set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    Ok(socket)
}

fn socket(family: AddressFamily) -> io::Result<OwnedFd> {
    socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)
}

#[cfg(test)]
mod tests {
    use std::{
        io::ErrorKind::ConnectionRefused,
        net::{TcpListener, TcpStream},
        os::unix::net::UnixStream,
    };

    use super::*;
    use crate::temp_dir;

    #[test]
    fn free_port_can_be_bound() {
        let port = free_port();
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
        assert!(is_free_port(port));
        let _server = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("it is free");
        assert!(!is_free_port(port));
    }

    #[test]
    fn nobody_listens_on_a_stale_socket() {
        let directory = temp_dir();
        let path = directory.path().join("s");
        stale_socket(&path);
        assert!(path.exists());
        let error = UnixStream::connect(&path).expect_err("nobody listens");
        assert_eq!(error.kind(), ConnectionRefused);
    }
}
