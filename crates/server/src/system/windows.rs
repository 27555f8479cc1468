//! Windows, and other systems without unix sockets and signals.

use std::{
    convert::Infallible,
    io,
    os::windows::io::{AsSocket, BorrowedSocket},
    path::PathBuf,
    task::{Context, Poll},
};

use tokio::{
    io::Interest,
    signal::windows::{CtrlBreak, CtrlC, CtrlShutdown, ctrl_break, ctrl_c, ctrl_shutdown},
};

use crate::Stop;

/// No unix socket exists.
pub(crate) struct UnixListener(squall_listen::UnixListener);

impl UnixListener {
    pub(crate) fn from_std(socket: squall_listen::UnixListener) -> io::Result<Self> {
        Ok(Self(socket))
    }

    #[expect(clippy::unused_async, reason = "it has the signature of Unix systems")]
    pub(crate) async fn accept(&self) -> io::Result<(UnixStream, PathBuf)> {
        match self.0 {}
    }

    pub(crate) fn accept_queued(&self) -> io::Result<(UnixStream, PathBuf)> {
        match self.0 {}
    }
}

/// No unix socket exists.
#[derive(Debug)]
pub(crate) struct UnixStream(Infallible);

impl UnixStream {
    pub(crate) fn poll_read_ready(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }

    pub(crate) fn poll_write_ready(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }

    pub(crate) fn try_io<T>(
        &self,
        _: Interest,
        _: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        match self.0 {}
    }

    pub(crate) fn try_read_buf<B>(&self, _: &mut B) -> io::Result<usize> {
        match self.0 {}
    }

    pub(crate) fn try_write(&self, _: &[u8]) -> io::Result<usize> {
        match self.0 {}
    }

    pub(crate) fn try_write_vectored(&self, _: &[io::IoSlice<'_>]) -> io::Result<usize> {
        match self.0 {}
    }
}

impl AsSocket for UnixStream {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        match self.0 {}
    }
}

/// Ctrl-C, Ctrl-Break and the end of the session.
pub(crate) struct StopSignals {
    interrupt: CtrlC,
    terminate: CtrlBreak,
    shutdown: CtrlShutdown,
}

impl StopSignals {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: ctrl_c()?,
            terminate: ctrl_break()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    /// Waits for the next signal, and returns its stop mode.
    pub(crate) async fn recv(&mut self) -> Stop {
        tokio::select! {
            _ = self.terminate.recv() => Stop::Graceful,
            _ = self.shutdown.recv() => Stop::Graceful,
            _ = self.interrupt.recv() => Stop::Quick,
        }
    }
}

/// SIGHUP does not exist.
pub(crate) struct Hangup;

impl Hangup {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) async fn recv(&mut self) -> Option<()> {
        None
    }
}

/// File signature: identifies a file's content without reading it.
#[cfg(feature = "tls")]
pub(crate) fn file_stamp(file: &std::fs::Metadata) -> [i128; 5] {
    use std::os::windows::fs::MetadataExt;
    [
        file.creation_time().into(),
        file.last_write_time().into(),
        file.file_size().into(),
        0,
        0,
    ]
}

/// Whether `accept` failed for want of sockets (WSAEMFILE) or buffers (WSAENOBUFS).
pub(crate) fn is_out_of_resources(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(10024 | 10055))
}

/// Whether `accept` failed because of the listener (WSAEBADF, WSAEFAULT, WSAEINVAL, WSAENOTSOCK and
/// WSAEOPNOTSUPP), which will not accept again.
pub(crate) fn is_of_listener(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(10009 | 10014 | 10022 | 10038 | 10045)
    )
}

/// Returns the path with these bytes; those that are not UTF-8 are replaced.
pub(crate) fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// Returns no limit: sockets are not file descriptors.
pub(crate) fn raise_descriptor_limit() -> Option<u64> {
    None
}
