//! Socket of one connection, with or without TLS: records activity and applies the framing guard.

use std::{
    io,
    mem::{self, MaybeUninit},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{
    framing::{Guard, INVALID_HEAD, Verdict},
    state::{ConnectionState, LARGE_CHUNK, is_placeholder},
    stop::OpenConnection,
    stream::Stream,
    tls::{TlsStream, socket_of},
};

/// How an HTTP/2 connection begins (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Up to this size head and body of a response are copied into one buffer: a vectored write of two
/// takes the system longer than the copy.
const SMALL: usize = 1024;

/// The transport of a connection.
#[derive(Debug)]
pub(crate) enum Transport {
    Plain(Stream),
    Tls(TlsStream),
}

/// Does the same with either transport. A trait object would keep the compiler from inlining it.
macro_rules! either {
    ($transport:expr, $stream:ident => $act:expr) => {
        match $transport {
            Transport::Plain($stream) => $act,
            Transport::Tls($stream) => $act,
        }
    };
}

impl Transport {
    /// The socket under it all.
    fn stream(&mut self) -> &mut Stream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => socket_of(stream),
        }
    }
}

/// The socket of one connection. It counts as open until it is dropped, upgraded or not.
#[derive(Debug)]
pub(crate) struct Io {
    transport: Transport,
    /// Bytes for hyper that the guard has judged. They come first.
    passed: Bytes,
    /// Bytes that were read and wait for the guard's judgement.
    held: Bytes,
    /// All that came so far is a part of HTTP/2's preface. It is held until the preface is whole,
    /// because hyper would take the part for a malformed HTTP/1.1 request.
    beginning: bool,
    guard: Guard,
    state: Arc<ConnectionState>,
    shut_down: bool,
    _open: OpenConnection,
}

impl Io {
    pub(crate) fn new(
        transport: Transport,
        state: Arc<ConnectionState>,
        open: OpenConnection,
    ) -> Self {
        Self {
            transport,
            passed: Bytes::new(),
            held: Bytes::new(),
            beginning: true,
            guard: Guard::new(),
            state,
            shut_down: false,
            _open: open,
        }
    }

    /// The socket, if nothing is between it and HTTP.
    pub(crate) fn plain(&self) -> Option<&Stream> {
        match &self.transport {
            Transport::Plain(stream) => Some(stream),
            Transport::Tls(_) => None,
        }
    }

    /// Gives back bytes that were read and not used.
    pub(crate) fn unread(&mut self, bytes: Bytes) {
        debug_assert!(self.passed.is_empty(), "bytes given back twice");
        // No bytes still keep hyper's whole buffer.
        if !bytes.is_empty() {
            self.passed = bytes;
        }
    }

    /// HTTP/2 is spoken, so there is no HTTP/1.1 framing to guard.
    pub(crate) fn set_http2(&mut self) {
        self.beginning = false;
        self.guard = Guard::off();
    }

    /// Returns when a read would return something at once, be it the client's end.
    pub(crate) fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.passed.is_empty() || !self.held.is_empty() {
            return Poll::Ready(());
        }
        // TLS has been read until the socket had no more, so nothing is left within it.
        self.transport.stream().poll_readable(cx)
    }

    /// Sends what fits into the socket's buffer at once, as the last bytes of the connection.
    pub(crate) fn send_at_once(&mut self, bytes: &[u8]) {
        // The client may be gone already, which is no error.
        match &mut self.transport {
            Transport::Plain(stream) if self.state.unsent.is_empty() => {
                _ = stream.send_at_once(bytes);
            }
            // The socket takes nothing.
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

    fn poll_socket(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(either!(&mut self.transport, stream => Pin::new(stream).poll_read(cx, buf)))?;
        if buf.filled().len() > before {
            self.state.activity.on_received();
        }
        Poll::Ready(Ok(()))
    }

    /// Reads from the socket, and holds what comes as long as it may be HTTP/2's preface.
    fn poll_new(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        loop {
            ready!(self.poll_socket(cx, buf))?;
            if !self.beginning {
                return Poll::Ready(Ok(()));
            }
            let new = &buf.filled()[before..];
            let missing = &PREFACE[self.held.len()..];
            self.beginning =
                !new.is_empty() && new.len() < missing.len() && missing.starts_with(new);
            if new.starts_with(missing) {
                self.guard = Guard::off();
                self.state.activity.on_preface();
            }
            if !self.beginning && self.held.is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.held = [&self.held, new].concat().into();
            buf.set_filled(before);
            if !self.beginning {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// How many of these bytes hyper may have now.
    fn judge(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.guard.judge(bytes, &self.state.claims) {
            Verdict::Pass(passed) => Ok(passed),
            Verdict::RefuseHead(passed) => {
                self.passed = Bytes::from_static(INVALID_HEAD);
                Ok(passed)
            }
            Verdict::Refuse(0, fault) => Err(fault.into()),
            Verdict::Refuse(passed, _) => Ok(passed),
        }
    }

    /// Collects a small response that others follow, to be sent with them by one system call.
    /// hyper flushes after each, and its own pipelined flush would hold a response back while a
    /// part of the next request is there.
    fn collect(&self, response: &[u8]) -> bool {
        let ConnectionState { claims, unsent, .. } = &*self.state;
        (!unsent.is_empty() || claims.has_next())
            && response.len() < LARGE_CHUNK
            && matches!(self.transport, Transport::Plain(_))
            && !claims.is_upgraded()
            && unsent.collect(response)
    }

    /// Sends what was collected before, which comes first.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
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
        ready!(self.poll_send(cx))?;
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
                either!(transport, stream => Pin::new(stream).poll_write_vectored(cx, before))
            }
        };
        self.note_sent(result)
    }

    fn note_sent(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &self.transport {
            Transport::Plain(_) => self.state.activity.on_write(&result),
            // TLS may have buffered it. The socket below records what is sent.
            Transport::Tls(_) => {}
        }
        result
    }
}

/// Moves as many bytes as there is space for.
fn put(bytes: &mut Bytes, buf: &mut ReadBuf<'_>) {
    let length = bytes.len().min(buf.remaining());
    buf.put_slice(&bytes.split_to(length));
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.passed.is_empty() {
            put(&mut self.passed, buf);
            return Poll::Ready(Ok(()));
        }
        if let Some(fault) = self.guard.fault() {
            return Poll::Ready(Err(fault.into()));
        }
        let before = buf.filled().len();
        if self.held.is_empty() || self.beginning {
            ready!(self.poll_new(cx, buf))?;
        }
        if self.held.is_empty() {
            let passed = self.judge(&buf.filled()[before..])?;
            let rest = &buf.filled()[before + passed..];
            if !rest.is_empty() {
                self.held = Bytes::copy_from_slice(rest);
                buf.set_filled(before + passed);
            }
        } else {
            let mut held = mem::take(&mut self.held);
            // Recorded when hyper gets it, which has processed all before.
            self.state.activity.on_received();
            let length = held.len().min(buf.remaining());
            let passed = self.judge(&held[..length])?;
            buf.put_slice(&held.split_to(passed));
            self.held = held;
        }
        if buf.filled().len() == before {
            put(&mut self.passed, buf);
        }
        Poll::Ready(Ok(()))
    }
}

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
        ready!(self.poll_send(cx))?;
        let result = either!(&mut self.transport, stream => Pin::new(stream).poll_write(cx, buf));
        self.note_sent(result)
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
        let mut space = [const { MaybeUninit::uninit() }; SMALL];
        let mut joined = ReadBuf::uninit(&mut space);
        if bufs.iter().map(|buf| buf.len()).sum::<usize>() <= SMALL {
            bufs.iter().for_each(|buf| joined.put_slice(buf));
            return self.poll_write(cx, joined.filled());
        }
        ready!(self.poll_send(cx))?;
        let result =
            either!(&mut self.transport, stream => Pin::new(stream).poll_write_vectored(cx, bufs));
        self.note_sent(result)
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
        if !self.shut_down {
            ready!(self.poll_send(cx))?;
            ready!(either!(&mut self.transport, stream => Pin::new(stream).poll_shutdown(cx)))?;
            self.shut_down = true;
            let is_held = !self.held.is_empty();
            let is_unread = is_held || self.state.activity.has_unread_input();
            if is_unread || self.transport.stream().has_input() {
                self.state.activity.on_lingering();
            } else {
                return Poll::Ready(Ok(()));
            }
        }
        let mut space = [0; 4096];
        loop {
            let mut discarded = ReadBuf::new(&mut space);
            match ready!(Pin::new(self.transport.stream()).poll_read(cx, &mut discarded)) {
                Ok(()) if !discarded.filled().is_empty() => {}
                // The client has closed or disconnected.
                Ok(()) | Err(_) => return Poll::Ready(Ok(())),
            }
        }
    }
}
