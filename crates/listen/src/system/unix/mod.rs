//! Linux, macOS and the BSDs.

pub(super) mod passed;
mod socket_file;

use std::{
    fs, io,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::Path,
};

use rustix::{io::Errno, process::geteuid};
use socket2::{Domain, SockAddr, Socket, Type};

pub use socket_file::SocketFile;
/// The unix listener of the standard library.
pub type UnixListener = std::os::unix::net::UnixListener;

/// The size of `sun_path`, less the NUL at its end.
pub(crate) const UNIX_PATH_LIMIT: Option<usize> =
    Some(if cfg!(any(target_os = "linux", target_os = "android")) {
        107
    } else {
        103
    });

/// Binds a unix socket, which does not listen yet.
///
/// Until it listens, clients are refused, so the permissions are set in time although `bind`
/// makes the file with those of the umask, which belongs to all threads. The file has its final
/// name from the start: a name that is set by renaming is unknown to `getsockname`, and so to `ss`
/// and to a process that the socket is passed to.
pub(crate) fn bind_unix(path: &Path, mode: u32) -> io::Result<(Socket, SocketFile)> {
    remove_stale(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    let file = SocketFile::new(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    Ok((socket, file))
}

/// Removes a socket that nothing listens on. A live server's socket, one of another user and any
/// other file stay.
fn remove_stale(path: &Path) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !metadata.file_type().is_socket() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "the path exists and is not a socket",
        ));
    }
    if metadata.uid() != geteuid().as_raw() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("the socket there belongs to user {}", metadata.uid()),
        ));
    }
    let client = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // Or it would wait for room in the queue of a server that does not accept.
    client.set_nonblocking(true)?;
    match client.connect(&SockAddr::unix(path)?) {
        Ok(()) => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Err(io::ErrorKind::AddrInUse.into())
        }
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) => Err(error),
    }
}

/// Whether an address is refused because the machine has no IPv6, or no IPv4.
pub(crate) fn family_is_missing(error: &io::Error) -> bool {
    [Errno::AFNOSUPPORT, Errno::ADDRNOTAVAIL]
        .iter()
        .any(|code| error.raw_os_error() == Some(code.raw_os_error()))
}

/// Connections of the last run that linger in TIME_WAIT must not block a restart.
pub(crate) fn reuse_address(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_address(true)
}

pub(crate) fn reuse_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_port(true)
}
