//! Socket of one connection, with or without TLS: records activity and applies the framing guard.

mod read;
mod transport;
mod write;

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;

pub(crate) use self::transport::Transport;
use crate::{framing::Guard, state::ConnectionState, stop::OpenConnection, stream::Stream};

/// The socket of one connection. It counts as open until it is dropped, upgraded or not.
#[derive(Debug)]
pub(crate) struct Io {
    transport: Transport,
    state: Arc<ConnectionState>,

    guard: Guard,
    /// Bytes for hyper that the guard has judged. They come first.
    passed: Bytes,
    /// Bytes that were read and wait for the guard's judgement.
    held: Bytes,
    /// All that came so far is a part of HTTP/2's preface. It is held until the preface is whole,
    /// because hyper would take the part for a malformed HTTP/1.1 request.
    may_be_http2: bool,

    /// Whether our side of the connection is shut down.
    is_shut_down: bool,
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
            state,
            guard: Guard::new(),
            passed: Bytes::new(),
            held: Bytes::new(),
            may_be_http2: true,
            is_shut_down: false,
            _open: open,
        }
    }

    /// Returns the socket, if nothing is between it and HTTP.
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
        self.may_be_http2 = false;
        self.guard = Guard::off();
    }

    /// Returns when a read would return something at once, be it the client's end.
    pub(crate) fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.passed.is_empty() || !self.held.is_empty() {
            return Poll::Ready(());
        }
        // TLS has been read until the socket had no more, so nothing is left within it.
        self.transport.socket().poll_readable(cx)
    }
}
