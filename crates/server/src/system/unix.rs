//! Unix systems.

use std::{
    ffi::OsStr,
    io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use rustix::{
    io::Errno,
    process::{Resource, Rlimit, getrlimit, setrlimit},
};
use socket2::SockRef;
pub(crate) use tokio::net::UnixStream;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::Stop;

/// A unix socket that listens.
pub(crate) struct UnixListener(tokio::net::UnixListener);

impl UnixListener {
    /// Must be called inside a runtime.
    pub(crate) fn from_std(socket: squall_listen::UnixListener) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        tokio::net::UnixListener::from_std(socket).map(Self)
    }

    /// Waits for a connection; its path is empty unless the client has bound one.
    pub(crate) async fn accept(&self) -> io::Result<(UnixStream, PathBuf)> {
        let (stream, peer) = self.0.accept().await?;
        let path = peer.as_pathname().unwrap_or(Path::new(""));
        Ok((stream, path.to_owned()))
    }

    /// Accepts a connection that is queued already.
    pub(crate) fn accept_queued(&self) -> io::Result<(UnixStream, PathBuf)> {
        let (stream, peer) = SockRef::from(&self.0).accept()?;
        stream.set_nonblocking(true)?;
        let path = peer.as_pathname().unwrap_or(Path::new("")).to_owned();
        Ok((UnixStream::from_std(stream.into())?, path))
    }
}

/// SIGTERM, SIGQUIT and SIGINT.
pub(crate) struct StopSignals {
    terminate: Signal,
    quit: Signal,
    interrupt: Signal,
}

impl StopSignals {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            quit: signal(SignalKind::quit())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next signal, and returns its stop mode.
    pub(crate) async fn recv(&mut self) -> Stop {
        tokio::select! {
            _ = self.terminate.recv() => Stop::Graceful,
            _ = self.quit.recv() => Stop::Graceful,
            _ = self.interrupt.recv() => Stop::Quick,
        }
    }
}

/// SIGHUP.
pub(crate) struct Hangup(Signal);

impl Hangup {
    pub(crate) fn new() -> io::Result<Self> {
        signal(SignalKind::hangup()).map(Self)
    }

    /// Waits for the next signal; `None` if there can be none.
    pub(crate) async fn recv(&mut self) -> Option<()> {
        self.0.recv().await
    }
}

/// File signature: identifies a file's content without reading it.
#[cfg(feature = "tls")]
pub(crate) fn file_stamp(file: &std::fs::Metadata) -> [i128; 5] {
    use std::os::unix::fs::MetadataExt;
    [
        file.dev().into(),
        file.ino().into(),
        file.size().into(),
        file.mtime().into(),
        file.mtime_nsec().into(),
    ]
}

/// Whether `accept` failed for want of descriptors or memory, which concerns every connection
/// (accept(2), "Error handling").
pub(crate) fn is_out_of_resources(error: &io::Error) -> bool {
    let errnos = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    is_one_of(error, &errnos)
}

/// Whether `accept` failed because of the listener, which will not accept again.
pub(crate) fn is_of_listener(error: &io::Error) -> bool {
    let errnos = [
        Errno::BADF,
        Errno::INVAL,
        Errno::NOTSOCK,
        Errno::OPNOTSUPP,
        Errno::FAULT,
    ];
    is_one_of(error, &errnos)
}

fn is_one_of(error: &io::Error, errnos: &[Errno]) -> bool {
    let code = error.raw_os_error();
    errnos
        .iter()
        .any(|errno| code == Some(errno.raw_os_error()))
}

/// Returns the path with these bytes, in any encoding.
pub(crate) fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    Path::new(OsStr::from_bytes(bytes)).to_owned()
}

/// Raises the descriptor limit (`RLIMIT_NOFILE`) to the hard limit, and returns it; `None` is no
/// limit.
pub(crate) fn raise_descriptor_limit() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return current;
    }
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => {
            tracing::info!(from = current, to = maximum, "raised the descriptor limit");
            maximum
        }
        Err(error) => {
            tracing::warn!(%error, limit = current, "cannot raise the descriptor limit");
            current
        }
    }
}
