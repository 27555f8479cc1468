//! Writes of a connection: collected responses, joined buffers and files; and its end.

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    Io,
    transport::{Transport, with_stream},
};
use crate::state::{ConnectionState, LARGE_CHUNK, is_placeholder};

/// Up to this size head and body of a response are copied into one buffer: a vectored write of two
/// takes the system longer than the copy.
const MAX_JOINED: usize = 1024;

impl AsyncWrite for Io {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.state.files.is_in_use() {
            return self.poll_write_files(cx, &[io::IoSlice::new(buf)]);
        }
        if self.collect(buf) {
            return Poll::Ready(Ok(buf.len()));
        }
        ready!(self.poll_send_unsent(cx))?;
        let result =
            with_stream!(&mut self.transport, stream => Pin::new(stream).poll_write(cx, buf));
        self.recorded(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.state.files.is_in_use() {
            return self.poll_write_files(cx, bufs);
        }
        // Left uninitialized, because clearing it takes longer than filling it.
        let mut space = [const { MaybeUninit::uninit() }; MAX_JOINED];
        let mut joined = ReadBuf::uninit(&mut space);
        if bufs.iter().map(|buf| buf.len()).sum::<usize>() <= MAX_JOINED {
            bufs.iter().for_each(|buf| joined.put_slice(buf));
            return self.poll_write(cx, joined.filled());
        }
        ready!(self.poll_send_unsent(cx))?;
        let result = with_stream!(&mut self.transport, stream => Pin::new(stream).poll_write_vectored(cx, bufs));
        self.recorded(result)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            // Collected bytes are sent at the end of the connection's poll.
            Transport::Plain(_) => Poll::Ready(Ok(())),
            Transport::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    /// Ends our side, then reads until the client has ended its own, where it may still be sending.
    /// The connection's time for lingering bounds it (RFC 9112, 9.6).
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_shut_down {
            ready!(self.poll_send_unsent(cx))?;
            ready!(
                with_stream!(&mut self.transport, stream => Pin::new(stream).poll_shutdown(cx))
            )?;
            self.is_shut_down = true;
            let is_held = !self.held.is_empty();
            let is_unread = is_held || self.state.activity.has_unread_input();
            if is_unread || self.transport.socket().has_input() {
                self.state.activity.on_lingering();
            } else {
                return Poll::Ready(Ok(()));
            }
        }
        self.poll_linger(cx).map(Ok)
    }
}

impl Io {
    /// Sends what fits into the socket's buffer at once, as the last bytes of the connection.
    pub(crate) fn send_at_once(&mut self, bytes: &[u8]) {
        // The client may be gone already, which is no error.
        match &mut self.transport {
            Transport::Plain(stream) if self.state.unsent.is_empty() => {
                _ = stream.send_at_once(bytes);
            }
            // Its buffer is full: bytes before these are unsent.
            Transport::Plain(_) => {}
            Transport::Tls(stream) => {
                let mut stream = Pin::new(stream);
                let mut cx = Context::from_waker(Waker::noop());
                let _ = stream.as_mut().poll_write(&mut cx, bytes);
                // Flushes, and sends close_notify (RFC 8446, 6.1).
                let _ = stream.poll_shutdown(&mut cx);
            }
        }
    }

    /// Collects a small response that others follow, to be sent with them by one system call; false
    /// if it has to be written now. hyper flushes after each, and its own pipelined flush would hold
    /// a response back while a part of the next request is there.
    fn collect(&self, response: &[u8]) -> bool {
        let ConnectionState { claims, unsent, .. } = &*self.state;
        (!unsent.is_empty() || claims.has_next())
            && response.len() < LARGE_CHUNK
            && matches!(self.transport, Transport::Plain(_))
            && !claims.is_upgraded()
            && unsent.collect(response)
    }

    /// Sends what was collected before, which comes first.
    fn poll_send_unsent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ConnectionState {
            activity, unsent, ..
        } = &*self.state;
        match &mut self.transport {
            Transport::Plain(stream) => unsent.poll_send(stream, activity, cx),
            Transport::Tls(_) => Poll::Ready(Ok(())),
        }
    }

    /// Writes where hyper has chunks of files: the bytes before the first of them, or bytes of that
    /// file.
    fn poll_write_files(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.state.files.check()?;
        ready!(self.poll_send_unsent(cx))?;
        let before = bufs.iter().take_while(|buf| !is_placeholder(buf)).count();
        let result = match (&mut self.transport, &bufs[..before], bufs.first()) {
            (Transport::Plain(stream), [], Some(placeholder)) => {
                self.state.files.poll_send(stream, cx, placeholder.len())
            }
            (Transport::Tls(_), [], Some(_)) => {
                Poll::Ready(Err(io::Error::other("a placeholder under TLS")))
            }
            (Transport::Plain(stream), before, _) if before.len() < bufs.len() => {
                stream.poll_write_before_file(cx, before)
            }
            (transport, before, _) => {
                with_stream!(transport, stream => Pin::new(stream).poll_write_vectored(cx, before))
            }
        };
        self.recorded(result)
    }

    /// Returns the outcome of a write, which is recorded.
    fn recorded(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &self.transport {
            Transport::Plain(_) => self.state.activity.on_write(&result),
            // TLS may have buffered it. The socket below it records what is sent.
            Transport::Tls(_) => {}
        }
        result
    }

    /// Discards what the client sends, until it has closed its side or disconnected.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut space = [0; 4096];
        loop {
            let mut discarded = ReadBuf::new(&mut space);
            match ready!(Pin::new(self.transport.socket()).poll_read(cx, &mut discarded)) {
                Ok(()) if !discarded.filled().is_empty() => {}
                Ok(()) | Err(_) => return Poll::Ready(()),
            }
        }
    }
}
