//! HTTP/1.1 on hyper.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::server::conn::http1::UpgradeableConnection;
use hyper_util::rt::TokioIo;

use super::io::Io;
use crate::{Serve, request::Adapter, state::Activity, stream::Stream};

/// A connection that speaks HTTP/1.1, or has not sent enough to tell the protocol.
pub(crate) struct Http1<S: Serve> {
    connection: UpgradeableConnection<TokioIo<Io>, Adapter<S>>,
    /// The socket, if TLS is not between it and HTTP.
    stream: Option<Stream>,
    /// How many requests had come when more bytes did: behind those, the client's end is not seen.
    heard: u64,
    copies: bool,
}

impl<S: Serve> Http1<S> {
    pub(crate) fn begin(io: Io, adapter: Adapter<S>) -> Self {
        let protocols = &adapter.shared.protocols;
        let stream = io.plain().cloned();
        let copies = !protocols.sends_large();
        let mut builder = protocols.http1.clone();
        // Without its stream, hyper has to find out whether the client is gone.
        builder.writev(!copies).half_close(stream.is_some());
        let connection = builder.serve_connection(TokioIo::new(io), adapter);
        Self {
            connection: connection.with_upgrades(),
            stream,
            heard: 0,
            copies,
        }
    }

    /// Whether hyper copies head and body of a response to one buffer.
    pub(crate) fn copies(&self) -> bool {
        self.copies
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        Pin::new(&mut self.connection).poll(cx)
    }

    pub(crate) fn graceful_shutdown(&mut self) {
        Pin::new(&mut self.connection).graceful_shutdown();
    }

    /// The socket, what was read and not understood yet, and the service; `None` if it was upgraded.
    pub(crate) fn into_parts(self) -> Option<(Io, Bytes, Adapter<S>)> {
        let parts = self.connection.into_parts()?;
        Some((parts.io.into_inner(), parts.read_buf, parts.service))
    }

    /// Whether the client is gone while it is answered. hyper would look before it asks the service,
    /// and take a new buffer for each request to do so. Here only those requests pay that are not
    /// answered at once.
    pub(crate) fn is_abandoned(&mut self, activity: &Activity, cx: &mut Context<'_>) -> bool {
        let (Some(stream), Some(request)) = (&self.stream, activity.answering()) else {
            return false;
        };
        if self.heard == request {
            return false;
        }
        match stream.poll_peek(cx, &mut [0]) {
            Poll::Pending => false,
            Poll::Ready(Ok(0) | Err(_)) => {
                tracing::debug!("the client was gone before it was answered");
                true
            }
            Poll::Ready(Ok(_)) => {
                self.heard = request;
                false
            }
        }
    }
}
