//! The socket under a TLS connection, which records the bytes that are sent: TLS buffers some of
//! them.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server;

use crate::{state::ConnectionState, stream::Stream};

// Boxed, because it is large and most connections of most servers are without.
pub(crate) type TlsStream = Box<server::TlsStream<SentRecorder>>;

/// Returns the socket under a TLS stream.
pub(crate) fn socket_of(stream: &mut TlsStream) -> &mut Stream {
    &mut stream.get_mut().0.stream
}

/// A socket that records what is sent.
#[derive(Debug)]
pub(crate) struct SentRecorder {
    stream: Stream,
    state: Arc<ConnectionState>,
}

impl SentRecorder {
    pub(super) fn new(stream: Stream, state: &Arc<ConnectionState>) -> Self {
        Self {
            stream,
            state: Arc::clone(state),
        }
    }
}

impl AsyncRead for SentRecorder {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for SentRecorder {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.state.activity.on_write(&result);
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.state.activity.on_write(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Sockets have no buffer of their own to flush.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
