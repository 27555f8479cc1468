//! A connection's socket, which notes down what passes through it.

use std::{
    io,
    mem::MaybeUninit,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};

use crate::{service::Shared, stop::OpenConnection};

/// How an HTTP/2 connection begins (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How large a response is that is written as one piece: head and body are two, and the system
/// takes longer over those than the copy does.
const SMALL: usize = 1024;

/// An accepted socket.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Whether bytes wait in the socket's buffer. The system is asked, since the runtime knows only
    /// what its last look told.
    fn has_input(&self) -> bool {
        let socket = match self {
            Self::Tcp(stream) => SockRef::from(stream),
            Self::Unix(stream) => SockRef::from(stream),
        };
        socket
            .peek(&mut [MaybeUninit::uninit()])
            .is_ok_and(|bytes| bytes > 0)
    }

    pub(crate) fn local(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(stream) => stream.local_addr().ok(),
            Self::Unix(_) => None,
        }
    }
}

/// The socket of one connection. It counts as open until it is dropped, upgraded or not.
#[derive(Debug)]
pub(crate) struct Io {
    stream: Stream,
    /// Read already, and held or given back: it comes first.
    prefix: Bytes,
    /// All that came so far is a part of HTTP/2's preface. It is held until the preface is whole,
    /// because hyper would take the part for a malformed HTTP/1.1 request.
    beginning: bool,
    shared: Arc<Shared>,
    shut_down: bool,
    _open: OpenConnection,
}

impl Io {
    pub(crate) fn new(stream: Stream, shared: Arc<Shared>, open: OpenConnection) -> Self {
        Self {
            stream,
            prefix: Bytes::new(),
            beginning: true,
            shared,
            shut_down: false,
            _open: open,
        }
    }

    /// Gives back bytes that were read too many.
    pub(crate) fn unread(&mut self, bytes: Bytes) {
        debug_assert!(self.prefix.is_empty(), "bytes given back twice");
        self.prefix = bytes;
    }

    /// Sends what fits into the socket's buffer at once: a last word before the end.
    pub(crate) fn send_at_once(&self, bytes: &[u8]) {
        // The client may be gone already; then there is nobody to tell.
        let _ = match &self.stream {
            Stream::Tcp(stream) => stream.try_write(bytes),
            Stream::Unix(stream) => stream.try_write(bytes),
        };
    }

    fn socket(&mut self) -> Pin<&mut dyn Socket> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream),
            Stream::Unix(stream) => Pin::new(stream),
        }
    }

    fn poll_socket(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(self.socket().poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.shared.activity.on_received();
        }
        Poll::Ready(Ok(()))
    }

    fn note_sent(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &result {
            Poll::Ready(Ok(sent)) => self.shared.activity.on_sent(*sent),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.shared.activity.on_blocked(),
        }
        result
    }
}

trait Socket: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Socket for T {}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        while self.beginning {
            ready!(self.poll_socket(cx, buf))?;
            let new = &buf.filled()[before..];
            let missing = &PREFACE[self.prefix.len()..];
            self.beginning =
                !new.is_empty() && new.len() < missing.len() && missing.starts_with(new);
            if !self.beginning && self.prefix.is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.prefix = [&self.prefix, new].concat().into();
            buf.set_filled(before);
        }
        if !self.prefix.is_empty() {
            let length = self.prefix.len().min(buf.remaining());
            let taken = self.prefix.split_to(length);
            buf.put_slice(&taken);
            return Poll::Ready(Ok(()));
        }
        self.poll_socket(cx, buf)
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = self.socket().poll_write(cx, buf);
        self.note_sent(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // Left uninitialized, because clearing it takes longer than filling it.
        let mut space = [const { MaybeUninit::uninit() }; SMALL];
        let mut joined = ReadBuf::uninit(&mut space);
        if bufs.iter().map(|buf| buf.len()).sum::<usize>() <= SMALL {
            bufs.iter().for_each(|buf| joined.put_slice(buf));
            return self.poll_write(cx, joined.filled());
        }
        let result = self.socket().poll_write_vectored(cx, bufs);
        self.note_sent(result)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Sockets have no buffer of their own to flush.
        Poll::Ready(Ok(()))
    }

    /// Ends our side, then reads until the client has ended its own, where it may still be sending.
    /// The connection's time for lingering bounds it (RFC 9112, 9.6).
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.shut_down {
            ready!(self.socket().poll_shutdown(cx))?;
            self.shut_down = true;
            if self.shared.activity.has_unread_input() || self.stream.has_input() {
                self.shared.activity.on_lingering();
            } else {
                return Poll::Ready(Ok(()));
            }
        }
        let mut space = [0; 4096];
        loop {
            let mut discarded = ReadBuf::new(&mut space);
            match ready!(self.socket().poll_read(cx, &mut discarded)) {
                Ok(()) if !discarded.filled().is_empty() => {}
                // The end, or a client that is gone: both are what was waited for.
                Ok(()) | Err(_) => return Poll::Ready(Ok(())),
            }
        }
    }
}
