//! Operating-system services that are not the same everywhere.
//!
//! | service | Linux | elsewhere |
//! |---|---|---|
//! | a worker ends with its supervisor | parent-death signal | FreeBSD: the same; else polling |
//! | notices without a path | abstract unix socket, credentials checked | none: paths alone |
//! | state for an upgraded supervisor | memfd | unlinked file |
//! | SO_REUSEPORT balances connections | yes | no: one socket for all workers |
//! | a generation's executable and directory | open descriptors | paths, followed at each start |
//! | process names, `/proc` | yes | none |
//! | the process that has accepted a connection | `sock_diag(7)`, `/proc` | none |
//!
//! `SQUALL_SYSTEM=portable` in the environment selects the right column on Linux too. It is meant
//! for tests: workers inherit it, so supervisor and workers agree.

#[cfg(target_os = "linux")]
mod acceptor;
#[cfg(target_os = "linux")]
mod linux;
mod portable;

use std::{
    env,
    ffi::CString,
    fs::File,
    io,
    net::SocketAddr,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::net::{UnixDatagram, UnixStream},
    },
    path::{Path, PathBuf},
    sync::OnceLock,
};

#[cfg(any(target_os = "linux", target_os = "freebsd"))]
use rustix::process::{Signal, set_parent_process_death_signal};
use rustix::{net::SocketAddrUnix, process::Pid};

/// Whether the environment selects the fallbacks.
fn is_portable_selected() -> bool {
    static PORTABLE: OnceLock<bool> = OnceLock::new();
    *PORTABLE.get_or_init(|| env::var_os("SQUALL_SYSTEM").is_some_and(|it| it == "portable"))
}

/// Whether the fallbacks are used: always where the system is not Linux.
pub(crate) fn is_portable() -> bool {
    !cfg!(target_os = "linux") || is_portable_selected()
}

/// Whether the kernel spreads connections over the SO_REUSEPORT sockets of an address.
pub(crate) fn balances_reuse_port() -> bool {
    !is_portable()
}

/// Sends SIGTERM to this process when its parent ends.
pub(crate) fn stop_with_parent(parent: Pid) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "freebsd"))]
    if !is_portable_selected() {
        return Ok(set_parent_process_death_signal(Some(Signal::TERM))?);
    }
    portable::stop_with_parent(parent)
}

/// As [`stop_with_parent`], for a process that is about to execute a program that is not ours.
pub(crate) fn stop_program_with_parent(parent: Pid) -> io::Result<()> {
    // The kernel keeps the setting over `exec`.
    #[cfg(any(target_os = "linux", target_os = "freebsd"))]
    if !is_portable_selected() {
        return stop_with_parent(parent);
    }
    portable::stop_program_with_parent(parent)
}

/// An empty file without a name. `directory` is used where a file has to have one at first.
pub(crate) fn anonymous_file(directory: &Path) -> io::Result<File> {
    #[cfg(target_os = "linux")]
    if !is_portable() {
        return linux::anonymous_file();
    }
    portable::anonymous_file(directory)
}

/// Whether a process can be started from an open file, and enter an open directory.
pub(crate) fn executes_descriptors() -> bool {
    !is_portable()
}

/// A path to an open file, for this process and its child before `exec`, where the system
/// [executes descriptors](executes_descriptors). `/proc/<id>` of another process would do for
/// neither: a process with file capabilities hides its own.
pub(crate) fn path_of(file: &OwnedFd) -> PathBuf {
    format!("/proc/self/fd/{}", file.as_raw_fd()).into()
}

/// A path to the executable of this process. On Linux it stays valid when the file is replaced.
pub(crate) fn own_executable() -> PathBuf {
    let link = PathBuf::from("/proc/self/exe");
    if link.exists() {
        return link;
    }
    env::current_exe().unwrap_or(link)
}

/// Whether a file that begins with these four bytes is a compiled program.
pub(crate) fn is_program(magic: &[u8]) -> bool {
    const ELF: &[u8] = b"\x7fELF";
    /// Mach-O of 64 bits, and a file with one for each architecture.
    const MACH_O: [&[u8]; 2] = [b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"];
    if cfg!(target_os = "macos") {
        MACH_O.contains(&magic)
    } else {
        magic == ELF
    }
}

/// Sets the name that `ps` and `top` show, where the system has such a name.
pub(crate) fn name_process(name: &CString) {
    #[cfg(target_os = "linux")]
    linux::name_process(name);
    #[cfg(not(target_os = "linux"))]
    let _ = name;
}

/// Binds a datagram socket without a path, where the system has such sockets.
pub(crate) fn bind_abstract(name: &str) -> Option<UnixDatagram> {
    #[cfg(target_os = "linux")]
    if !is_portable() {
        return linux::bind_abstract(name).ok();
    }
    let _ = name;
    None
}

/// The address of a socket without a path.
pub(crate) fn abstract_address(name: &[u8]) -> Option<SocketAddrUnix> {
    #[cfg(target_os = "linux")]
    return SocketAddrUnix::new_abstract_name(name).ok();
    #[cfg(not(target_os = "linux"))]
    {
        let _ = name;
        None
    }
}

/// A datagram's length, and whether its sender may send for `worker`: this process's user, root,
/// or the worker itself.
pub(crate) fn receive_checked(
    socket: &UnixDatagram,
    buffer: &mut [u8],
    worker: Pid,
) -> io::Result<(usize, bool)> {
    #[cfg(target_os = "linux")]
    return linux::receive_checked(socket, buffer, worker);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = worker;
        Ok((socket.recv(buffer)?, true))
    }
}

/// Whether `process` can send to the socket at `path`; `None` when that cannot be found out.
pub(crate) fn can_reach(process: Pid, path: &Path) -> Option<bool> {
    #[cfg(target_os = "linux")]
    return linux::can_reach(process, path);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (process, path);
        None
    }
}

/// The process that listens at the other end of a connection.
pub(crate) fn peer_process(stream: &UnixStream) -> Option<Pid> {
    #[cfg(target_os = "linux")]
    return linux::peer_process(stream);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = stream;
        None
    }
}

/// Whether a process has not ended. One that was not waited for yet has ended on Linux.
pub(crate) fn is_running(process: Pid) -> bool {
    #[cfg(target_os = "linux")]
    return linux::state(process).is_some_and(|state| !matches!(state, 'Z' | 'X'));
    #[cfg(not(target_os = "linux"))]
    return rustix::process::test_kill_process(process) != Err(rustix::io::Errno::SRCH);
}

/// Whether a process is stopped by a signal (SIGSTOP, SIGTSTP) or a debugger.
pub(crate) fn is_stopped(process: Pid) -> bool {
    #[cfg(target_os = "linux")]
    return matches!(linux::state(process), Some('T' | 't'));
    #[cfg(not(target_os = "linux"))]
    {
        let _ = process;
        false
    }
}

/// The inode of a socket.
pub(crate) type Inode = u64;

/// The ends of a connection, for its client.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ends {
    Tcp {
        client: SocketAddr,
        server: SocketAddr,
    },
    Unix,
}

/// Checks that this system tells which process has accepted a connection.
pub(crate) fn check_acceptors() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if !is_portable() {
        return acceptor::check();
    }
    Err(io::ErrorKind::Unsupported.into())
}

/// Returns the inode of the server's end once a process has accepted the connection.
///
/// # Errors
///
/// There is no such connection, or the system does not tell.
pub(crate) fn accepted(client: impl AsFd, ends: Ends) -> io::Result<Option<Inode>> {
    #[cfg(target_os = "linux")]
    return acceptor::accepted(client, ends);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (client, ends);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Returns the process group, one of `groups`, in which a process has the socket open.
///
/// # Errors
///
/// None that may be examined has it, and one may not be examined.
pub(crate) fn group_with(socket: Inode, groups: &[Pid]) -> io::Result<Option<Pid>> {
    #[cfg(target_os = "linux")]
    return acceptor::group_with(socket, groups);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (socket, groups);
        Err(io::ErrorKind::Unsupported.into())
    }
}
