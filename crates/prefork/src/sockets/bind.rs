//! Binds one socket.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use socket2::{Domain, Protocol, Socket, Type};

/// What the system may queue for a worker, per socket.
const BACKLOG: i32 = 4096;

/// A listening socket; `grouped` ones of one address share its connections (SO_REUSEPORT).
pub(super) fn tcp(address: SocketAddr, grouped: bool) -> io::Result<TcpListener> {
    let socket = bound(address, grouped)?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Finds a second copy of the program, which SO_REUSEPORT would hide, and the port that 0 stands for.
pub(super) fn probe(address: SocketAddr) -> io::Result<SocketAddr> {
    let mut address = address;
    let socket = match bound(address, false) {
        Err(_)
            if address.ip() == Ipv6Addr::UNSPECIFIED && bound(no_ipv6(address), false).is_ok() =>
        {
            address = no_ipv6(address);
            bound(address, false)?
        }
        socket => socket?,
    };
    socket.listen(1)?;
    TcpListener::from(socket).local_addr()
}

/// All interfaces of a machine whose IPv6 is switched off.
fn no_ipv6(address: SocketAddr) -> SocketAddr {
    (Ipv4Addr::UNSPECIFIED, address.port()).into()
}

fn bound(address: SocketAddr, grouped: bool) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.ip() == Ipv6Addr::UNSPECIFIED {
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    if grouped {
        socket.set_reuse_port(true)?;
    }
    socket.set_tcp_nodelay(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Never has looser permissions than `mode`, not even before it is set.
pub(crate) fn unix(path: &Path, mode: u32) -> io::Result<UnixListener> {
    remove_stale(path)?;
    // Of the whole process: a file that another thread makes right now is private too.
    let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o177));
    let listener = UnixListener::bind(path);
    rustix::process::umask(before);
    let listener = listener?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    Ok(listener)
}

/// Removes a socket that nobody answers on. Anything else in its place is not ours to remove.
fn remove_stale(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !found.file_type().is_socket() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "a file that is no socket is there",
        ));
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "another user's socket is there",
        ));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) => Err(error),
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
    }
}
