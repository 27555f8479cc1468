//! Services that only Linux has.

use std::{
    ffi::CString,
    fs::{self, File},
    io::{self, IoSliceMut},
    os::{
        fd::AsRawFd,
        linux::net::SocketAddrExt,
        unix::{
            fs::MetadataExt,
            net::{SocketAddr, UnixDatagram, UnixStream},
        },
    },
    path::Path,
};

use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, UnixAddr, UnixCredentials, getsockopt, recvmsg, sockopt,
};
use rustix::process::{Pid, geteuid, getpid};

pub(super) fn anonymous_file() -> io::Result<File> {
    let flags = rustix::fs::MemfdFlags::CLOEXEC;
    Ok(File::from(rustix::fs::memfd_create(
        "squall-handover",
        flags,
    )?))
}

/// The kernel names threads, and shows the main thread's name as the process's.
pub(super) fn name_process(name: &CString) {
    if rustix::thread::gettid() == getpid() {
        // Only a name: nothing depends on it.
        let _ = rustix::thread::set_name(name);
    }
}

/// Any user of the machine can send to it, so each datagram comes with its sender's credentials.
pub(super) fn bind_abstract(name: &str) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(name)?)?;
    rustix::net::sockopt::set_socket_passcred(&socket, true)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// With nix, since rustix reads the id 0 of a sender in another pid namespace as a nonzero number.
pub(super) fn receive_checked(
    socket: &UnixDatagram,
    buffer: &mut [u8],
    worker: Pid,
) -> io::Result<(usize, bool)> {
    // There is no room for descriptors, so the kernel drops any that are sent.
    let mut space = nix::cmsg_space!(UnixCredentials);
    let mut buffers = [IoSliceMut::new(buffer)];
    let received = recvmsg::<UnixAddr>(
        socket.as_raw_fd(),
        &mut buffers,
        Some(&mut space),
        MsgFlags::empty(),
    )?;
    let sender = received.cmsgs().ok().and_then(|mut messages| {
        messages.find_map(|message| match message {
            ControlMessageOwned::ScmCredentials(sender) => Some(sender),
            _ => None,
        })
    });
    let is_allowed = sender.is_some_and(|sender| {
        sender.uid() == geteuid().as_raw()
            || sender.uid() == 0
            || sender.pid() == worker.as_raw_nonzero().get()
    });
    Ok((received.bytes, is_allowed))
}

/// A worker may have changed its user, its root directory or its mount namespace since its start.
pub(super) fn can_reach(process: Pid, path: &Path) -> Option<bool> {
    let process = Path::new("/proc").join(process.as_raw_nonzero().to_string());
    let user = fs::metadata(&process).ok()?.uid();
    // The directory has mode 0700.
    if user != geteuid().as_raw() && user != 0 {
        return Some(false);
    }
    let own = fs::symlink_metadata(path).ok()?;
    let from_root = process.join("root").join(path.strip_prefix("/").ok()?);
    match fs::symlink_metadata(from_root) {
        Ok(found) => Some((found.dev(), found.ino()) == (own.dev(), own.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(false),
        Err(_) => None,
    }
}

pub(super) fn peer_process(stream: &UnixStream) -> Option<Pid> {
    let peer = getsockopt(stream, sockopt::PeerCredentials).ok()?;
    Pid::from_raw(peer.pid())
}

/// The letter of `/proc/<pid>/stat`, after a name that may contain parentheses.
pub(super) fn state(process: Pid) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}
