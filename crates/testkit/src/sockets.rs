//! Addresses on which nobody listens.
//!
//! The sockets here never listen themselves. A process that another test starts has a copy of each
//! descriptor until its `exec`, and would go on listening for a moment after ours is closed.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::OwnedFd,
    path::Path,
    process,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use rustix::{
    io::{self, Errno},
    net::{
        AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, socket_with,
        sockopt::set_socket_reuseaddr,
    },
};

/// The first of the ports to choose from, and their number. They are below the ephemeral ports of
/// Linux: a socket that connects or binds port 0, of which parallel tests have many, gets none of them.
const FIRST: u16 = 10_000;
const COUNT: u32 = 22_000;

/// Finds a port that was free a moment ago: see [`free_ports`].
///
/// # Panics
///
/// When no port is left.
#[must_use]
#[track_caller]
pub fn free_port() -> u16 {
    free_ports(1)
}

/// Finds consecutive ports that were free on all addresses a moment ago, and returns the first.
///
/// They are for programs that cannot bind port 0 and report the port, and for a port that is bound
/// more than once. Each call returns other ports.
///
/// # Panics
///
/// When there are not as many in a row.
#[must_use]
#[track_caller]
pub fn free_ports(count: u16) -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // The processes of parallel test binaries have similar ids, and start far from each other.
    let start = process::id() % COUNT * 7919;
    for _ in 0..COUNT {
        let offset = (start + NEXT.fetch_add(count.into(), Relaxed)) % COUNT;
        let first = FIRST + u16::try_from(offset).expect("it is less than COUNT");
        if (first..first + count).all(is_free) {
            return first;
        }
    }
    panic!("no {count} free ports in a row");
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

/// Whether a server could bind the port of each address now.
fn is_free(port: u16) -> bool {
    let can_bind = |ip: IpAddr| bound(ip, port).is_ok();
    // Where there is no IPv6, no server has such an address.
    let is_bound = |ip: IpAddr| bound(ip, port).is_err_and(|error| error == Errno::ADDRINUSE);
    can_bind(Ipv4Addr::UNSPECIFIED.into()) && !is_bound(Ipv6Addr::UNSPECIFIED.into())
}

fn bound(ip: IpAddr, port: u16) -> io::Result<OwnedFd> {
    let socket = socket(match ip {
        IpAddr::V4(_) => AddressFamily::INET,
        IpAddr::V6(_) => AddressFamily::INET6,
    })?;
    // So that a server can bind the port beside a copy of this descriptor.
    set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &SocketAddr::from((ip, port)))?;
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
    fn free_ports_can_be_bound_on_each_address() {
        for ip in ["127.0.0.1", "0.0.0.0", "::1"] {
            let first = free_ports(2);
            for port in [first, first + 1] {
                assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
                assert!(is_free(port));
                match TcpListener::bind((ip, port)) {
                    Ok(_server) => assert!(!is_free(port), "{ip}"),
                    Err(error) => assert_eq!(ip, "::1", "{error}"),
                }
            }
        }
    }

    #[test]
    fn free_ports_are_returned_once() {
        let mut ports: Vec<u16> = (0..50).map(|_| free_ports(3)).collect();
        ports.push(free_port());
        ports.sort_unstable();
        assert!(
            ports.windows(2).all(|pair| pair[0] + 3 <= pair[1]),
            "{ports:?}"
        );
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
