//! An accepted socket, TCP or unix.

use std::{future::poll_fn, io, mem::MaybeUninit, net::SocketAddr, pin::Pin};

use rustix::net::{RecvFlags, recv};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::{TcpStream, UnixStream},
};

/// An accepted socket.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// Whatever bytes can be read from and written to.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Socket for T {}

impl Stream {
    pub(crate) fn socket(&mut self) -> Pin<&mut dyn Socket> {
        match self {
            Self::Tcp(stream) => Pin::new(stream),
            Self::Unix(stream) => Pin::new(stream),
        }
    }

    /// Whether bytes wait in the socket's buffer. The system is asked, since the runtime knows only
    /// what its last look told.
    pub(crate) fn has_input(&self) -> bool {
        let socket = match self {
            Self::Tcp(stream) => SockRef::from(stream),
            Self::Unix(stream) => SockRef::from(stream),
        };
        socket
            .peek(&mut [MaybeUninit::uninit()])
            .is_ok_and(|bytes| bytes > 0)
    }

    /// Waits for input, and copies some of it without taking it; 0 bytes mean the client's end.
    pub(crate) async fn peek(&self, space: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.peek(space).await,
            Self::Unix(stream) => {
                let peek = || Ok(recv(stream, &mut *space, RecvFlags::PEEK)?.0);
                stream.async_io(Interest::READABLE, peek).await
            }
        }
    }

    /// Takes as much input as there is space for.
    pub(crate) async fn take(&mut self, space: &mut [u8]) -> io::Result<()> {
        let mut space = ReadBuf::new(space);
        while space.remaining() > 0 {
            let before = space.remaining();
            poll_fn(|cx| self.socket().poll_read(cx, &mut space)).await?;
            if space.remaining() == before {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    /// Sends what fits into the socket's buffer at once.
    pub(crate) fn send_at_once(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_write(bytes),
            Self::Unix(stream) => stream.try_write(bytes),
        }
    }

    pub(crate) fn local(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(stream) => stream.local_addr().ok(),
            Self::Unix(_) => None,
        }
    }
}
