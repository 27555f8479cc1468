//! The sockets on which a supervisor receives one worker's notices (`sd_notify(3)`).
//!
//! `NOTIFY_SOCKET` is a path, since not every program's library understands `@name`, and a path
//! reaches into another network namespace. It is bound again when it was deleted. On Linux there is
//! an abstract socket as well (`SQUALL_NOTIFY`), which needs no file: squall's own
//! [`Notifier`](crate::worker::Notifier) prefers it.

pub(crate) mod message;

use std::{
    fs, io,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::{fs::MetadataExt, net::UnixDatagram},
    },
    path::{Path, PathBuf},
};

use rustix::process::Pid;
use serde::{Deserialize, Serialize};

use crate::system;

/// Datagrams of other users after which the abstract socket is closed: they could keep its queue
/// full. The path stays, which they cannot reach.
const REFUSALS: u32 = 64;

/// A worker's sockets.
#[derive(Debug)]
pub(crate) struct Notices {
    state: State,
    unnamed: Option<UnixDatagram>,
    /// The last one is bound to the path now. One before it may be connected to a program that
    /// opened it before the path was deleted.
    by_path: Vec<UnixDatagram>,
}

/// State for a successor, beside the descriptors.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    path: PathBuf,
    /// Device and inode of the file at the path, if this supervisor could bind it.
    bound: Option<(u64, u64)>,
    unnamed: Option<String>,
    /// The socket of the last notice.
    last: Option<Medium>,
    refused: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Medium {
    Unnamed,
    Path(usize),
}

/// Whether a worker that is silent could have been received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    Intact,
    /// It was broken until now.
    Restored,
    /// It is broken.
    Lost,
}

impl Notices {
    /// Binds the sockets of a worker that is about to be started. One of them is enough.
    pub(crate) fn bind(path: PathBuf) -> io::Result<Self> {
        let unnamed_name = unnamed_name(&path);
        let unnamed = system::bind_abstract(&unnamed_name);
        let state = State {
            path,
            unnamed: unnamed.is_some().then_some(unnamed_name),
            ..State::default()
        };
        let mut notices = Self {
            state,
            unnamed,
            by_path: Vec::new(),
        };
        match notices.bind_path() {
            Err(error) if notices.unnamed.is_none() => Err(error),
            _ => Ok(notices),
        }
    }

    /// The worker's `NOTIFY_SOCKET`.
    pub(crate) fn address(&self) -> PathBuf {
        match &self.state.unnamed {
            Some(name) if self.state.bound.is_none() => format!("@{name}").into(),
            _ => self.state.path.clone(),
        }
    }

    /// The abstract address, as `NOTIFY_SOCKET` would have it.
    pub(crate) fn unnamed_address(&self) -> Option<String> {
        self.state.unnamed.as_ref().map(|name| format!("@{name}"))
    }

    pub(crate) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.unnamed.iter().chain(&self.by_path).map(AsFd::as_fd)
    }

    /// The next datagram that is there, or an error of the kind `WouldBlock`.
    pub(crate) fn receive(&mut self, buffer: &mut [u8], worker: Pid) -> io::Result<usize> {
        while let Some(unnamed) = &self.unnamed {
            match system::receive_checked(unnamed, buffer, worker) {
                Ok((length, true)) => {
                    self.state.last = Some(Medium::Unnamed);
                    return Ok(length);
                }
                Ok((_, false)) => self.refuse(),
                Err(_) => break,
            }
        }
        for (index, socket) in self.by_path.iter().enumerate() {
            if let Ok(length) = socket.recv(buffer) {
                self.state.last = Some(Medium::Path(index));
                return Ok(length);
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// Looks whether the worker's notices can arrive, and binds the path again when it is gone.
    pub(crate) fn tend(&mut self, worker: Pid) -> Channel {
        let is_bound = self.is_bound();
        let is_restored = !is_bound && self.bind_path().is_ok();
        match self.state.last {
            Some(Medium::Unnamed) => Channel::Intact,
            _ if is_restored => Channel::Restored,
            _ if !is_bound => Channel::Lost,
            _ if system::can_reach(worker, &self.state.path) == Some(false) => Channel::Lost,
            _ => Channel::Intact,
        }
    }

    pub(crate) fn state(&self) -> State {
        self.state.clone()
    }

    /// Takes over a predecessor's sockets, whose descriptors come in the order of `descriptors`.
    pub(crate) fn resume(
        mut state: State,
        next: &mut impl FnMut() -> io::Result<OwnedFd>,
        count: usize,
    ) -> io::Result<Self> {
        let mut sockets = Vec::new();
        for _ in 0..count {
            sockets.push(UnixDatagram::from(next()?));
        }
        let unnamed = (state.unnamed.is_some() && !sockets.is_empty()).then(|| sockets.remove(0));
        state.unnamed = state.unnamed.filter(|_| unnamed.is_some());
        Ok(Self {
            state,
            unnamed,
            by_path: sockets,
        })
    }

    fn is_bound(&self) -> bool {
        self.state.bound.is_some() && identity(&self.state.path).ok() == self.state.bound
    }

    fn bind_path(&mut self) -> io::Result<()> {
        self.state.bound = None;
        let socket = UnixDatagram::bind(&self.state.path)?;
        socket.set_nonblocking(true)?;
        self.state.bound = Some(identity(&self.state.path)?);
        // A program that connected once still sends to the socket of its last notice.
        let in_use = match self.state.last {
            Some(Medium::Path(index)) if index < self.by_path.len() => {
                self.state.last = Some(Medium::Path(0));
                Some(self.by_path.swap_remove(index))
            }
            _ => None,
        };
        self.by_path = in_use.into_iter().chain([socket]).collect();
        Ok(())
    }

    fn refuse(&mut self) {
        self.state.refused += 1;
        if self.state.refused == REFUSALS {
            let path = self.state.path.display();
            tracing::warn!(%path, "another user sends to a worker's abstract socket: closing it");
            self.unnamed = None;
            self.state.unnamed = None;
            self.state.last = None;
        }
    }
}

impl Drop for Notices {
    fn drop(&mut self) {
        if self.is_bound() {
            // The rest is removed with the directory.
            let _ = fs::remove_file(&self.state.path);
        }
    }
}

/// The last two components of the path: unique, as the directory's name is.
fn unnamed_name(path: &Path) -> String {
    let directory = path.parent().and_then(Path::file_name).unwrap_or_default();
    let file = path.file_name().unwrap_or_default();
    format!("{}/{}", directory.to_string_lossy(), file.to_string_lossy())
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use rustix::process::getpid;
    use tempfile::TempDir;

    use super::*;

    fn bound() -> (TempDir, PathBuf, Notices) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify-00000001");
        let notices = Notices::bind(path.clone()).unwrap();
        (directory, path, notices)
    }

    fn receive(notices: &mut Notices) -> Option<String> {
        let mut buffer = [0; 100];
        let length = notices.receive(&mut buffer, getpid()).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }

    #[test]
    fn deleted_path_is_bound_again_and_the_old_socket_is_kept_while_used() {
        let (_directory, path, mut notices) = bound();
        let connected = UnixDatagram::unbound().unwrap();
        connected.connect(&path).unwrap();
        connected.send(b"connected").unwrap();
        assert_eq!(receive(&mut notices).as_deref(), Some("connected"));
        for round in 0..3 {
            assert_eq!(notices.tend(getpid()), Channel::Intact);
            fs::remove_file(&path).unwrap();
            assert_eq!(notices.tend(getpid()), Channel::Restored);
            connected.send(b"still connected").unwrap();
            assert_eq!(receive(&mut notices).as_deref(), Some("still connected"));
            assert!(notices.by_path.len() <= 2, "round {round}");
        }
        let other = UnixDatagram::unbound().unwrap();
        other.send_to(b"by path", &path).unwrap();
        assert_eq!(receive(&mut notices).as_deref(), Some("by path"));
        assert_eq!(receive(&mut notices), None);
    }

    #[test]
    fn file_of_another_process_is_left_and_the_channel_is_lost() {
        let (_directory, path, mut notices) = bound();
        let sender = UnixDatagram::unbound().unwrap();
        sender.send_to(b"once", &path).unwrap();
        receive(&mut notices).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "precious").unwrap();
        assert_eq!(notices.tend(getpid()), Channel::Lost);
        drop(notices);
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn abstract_socket_does_not_need_the_path() {
        let (directory, path, mut notices) = bound();
        let name = notices.unnamed_address().unwrap();
        let address = system::abstract_address(&name.as_bytes()[1..]).unwrap();
        let sender = UnixDatagram::unbound().unwrap();
        let flags = rustix::net::SendFlags::empty();
        drop(directory);
        rustix::net::sendto(&sender, b"no path", flags, &address).unwrap();
        assert_eq!(receive(&mut notices).as_deref(), Some("no path"));
        assert!(!path.exists());
        assert_eq!(notices.tend(getpid()), Channel::Intact);
        drop(notices);
        // The next worker gets the abstract address where a path is expected.
        let next = Notices::bind(path).unwrap();
        assert!(next.address().to_string_lossy().starts_with('@'));
    }
}
