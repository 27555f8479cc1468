//! An accepted socket, TCP or unix.

use std::{
    fs::File,
    future::poll_fn,
    io,
    mem::MaybeUninit,
    net::{Shutdown, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use rustix::net::{RecvFlags, recv};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
};

use crate::system::{UnixStream, send_file, send_more};

/// An accepted socket. Clones are the same one: it closes with the last of them.
///
/// It can be looked at while hyper has it, which tokio's own streams cannot.
#[derive(Clone, Debug)]
pub(crate) enum Stream {
    Tcp(Arc<TcpStream>),
    Unix(Arc<UnixStream>),
}

/// Evaluates an expression with the socket of either kind.
macro_rules! with_socket {
    ($stream:expr, $socket:ident => $act:expr) => {
        match $stream {
            Stream::Tcp($socket) => $act,
            Stream::Unix($socket) => $act,
        }
    };
}

impl Stream {
    fn sock_ref(&self) -> SockRef<'_> {
        with_socket!(self, socket => SockRef::from(&**socket))
    }

    /// Whether bytes are in the socket's receive buffer. It is a system call, because the runtime's
    /// readiness may be stale.
    pub(crate) fn has_input(&self) -> bool {
        self.sock_ref()
            .peek(&mut [MaybeUninit::uninit()])
            .is_ok_and(|bytes| bytes > 0)
    }

    /// Returns when there is input, an end or an error to read.
    pub(crate) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        with_socket!(self, socket => socket.poll_read_ready(cx)).map(drop)
    }

    /// Waits for input, and copies some of it without taking it; 0 bytes mean the client's end.
    pub(crate) fn poll_peek(
        &self,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(with_socket!(self, socket => socket.poll_read_ready(cx)))?;
            let peeked = with_socket!(self, socket => socket.try_io(Interest::READABLE, || {
                Ok(recv(&**socket, &mut *space, RecvFlags::PEEK)?.0)
            }));
            match peeked {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
        }
    }

    /// As [`poll_peek`](Self::poll_peek).
    pub(crate) async fn peek(&self, space: &mut [u8]) -> io::Result<usize> {
        poll_fn(|cx| self.poll_peek(cx, space)).await
    }

    /// Takes as much input as there is space for.
    pub(crate) async fn take(&mut self, space: &mut [u8]) -> io::Result<()> {
        self.read_exact(space).await.map(drop)
    }

    /// Sends what fits into the socket's buffer at once.
    pub(crate) fn send_at_once(&self, bytes: &[u8]) -> io::Result<usize> {
        with_socket!(self, socket => socket.try_write(bytes))
    }

    /// Sends bytes of a file as soon as the socket takes any; 0 bytes are the file's end.
    pub(crate) fn poll_send_file(
        &self,
        cx: &mut Context<'_>,
        file: &File,
        offset: u64,
        length: usize,
    ) -> Poll<io::Result<usize>> {
        loop {
            // A short count may be the file's and not the socket's, so it does not clear the
            // socket's readiness.
            let sent = with_socket!(self, socket => socket.try_io(Interest::WRITABLE, || {
                send_file(&**socket, file, offset, length)
            }));
            match sent {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(with_socket!(self, socket => socket.poll_write_ready(cx)))?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return Poll::Ready(result),
            }
        }
    }

    /// Writes bytes that those of a file follow: the system may keep them to send both together.
    pub(crate) fn poll_write_before_file(
        &self,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = bufs.iter().map(|buf| buf.len()).sum();
        self.poll_write_once(
            cx,
            length,
            || with_socket!(self, socket => send_more(&**socket, bufs)),
        )
    }

    pub(crate) fn local(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(socket) => socket.local_addr().ok(),
            Self::Unix(_) => None,
        }
    }

    /// Reads or writes once. A short read or write clears the socket's readiness, which saves one
    /// system call per request, as in tokio's streams.
    fn try_once(
        &self,
        interest: Interest,
        length: usize,
        act: impl FnOnce() -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut done = 0;
        let outcome = with_socket!(self, socket => socket.try_io(interest, || {
            done = act()?;
            if (1..length).contains(&done) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Ok(())
        }));
        if done > 0 {
            return Ok(done);
        }
        outcome.map(|()| 0)
    }

    /// Writes as soon as the socket takes anything.
    fn poll_write_once(
        &self,
        cx: &mut Context<'_>,
        length: usize,
        write: impl Fn() -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            match self.try_once(Interest::WRITABLE, length, &write) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(with_socket!(self, socket => socket.poll_write_ready(cx)))?;
                }
                result => return Poll::Ready(result),
            }
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(with_socket!(&*self, socket => socket.poll_read_ready(cx)))?;
            let read = self.try_once(
                Interest::READABLE,
                buf.remaining(),
                || with_socket!(&*self, socket => socket.try_read_buf(buf)),
            );
            match read {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result.map(drop)),
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_once(
            cx,
            buf.len(),
            || with_socket!(&*self, socket => socket.try_write(buf)),
        )
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = bufs.iter().map(|buf| buf.len()).sum();
        self.poll_write_once(
            cx,
            length,
            || with_socket!(&*self, socket => socket.try_write_vectored(bufs)),
        )
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Sockets have no buffer of their own to flush.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.sock_ref().shutdown(Shutdown::Write) {
            // The client has shut it down altogether.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Poll::Ready(Ok(())),
            result => Poll::Ready(result),
        }
    }
}
