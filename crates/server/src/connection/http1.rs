//! HTTP/1.1 on hyper.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::server::conn::http1::UpgradeableConnection;
use hyper_util::rt::TokioIo;

use super::io::Io;
use crate::{
    Serve,
    request::Adapter,
    state::{Activity, ConnectionState},
    stream::Stream,
    system::CAN_SEND_FILES,
};

/// A connection that speaks HTTP/1.1, or has not sent enough to decide the protocol.
pub(crate) struct Http1<S: Serve> {
    connection: UpgradeableConnection<TokioIo<Io>, Adapter<S>>,
    /// The socket, if TLS is not between it and HTTP.
    stream: Option<Stream>,
    /// Request count when pipelined bytes were last seen; a disconnect is invisible until they are
    /// read.
    pipelined: u64,
    copies: bool,
}

impl<S: Serve> Http1<S> {
    pub(crate) fn begin(io: Io, adapter: Adapter<S>) -> Self {
        let server = &adapter.state.server;
        let stream = io.plain().cloned();
        let copies = !server.sends_large();
        let sends_files = CAN_SEND_FILES && stream.is_some() && !copies;
        adapter.state.files.set_open(sends_files);
        let mut builder = server.http1.clone();
        // Under TLS only hyper can find out whether the client has disconnected.
        builder.writev(!copies).half_close(stream.is_some());
        let connection = builder.serve_connection(TokioIo::new(io), adapter);
        Self {
            connection: connection.with_upgrades(),
            stream,
            pipelined: 0,
            copies,
        }
    }

    /// Whether hyper copies head and body of a response to one buffer.
    pub(crate) fn copies(&self) -> bool {
        self.copies
    }

    pub(crate) fn poll(
        &mut self,
        state: &ConnectionState,
        cx: &mut Context<'_>,
    ) -> Poll<hyper::Result<()>> {
        let result = Pin::new(&mut self.connection).poll(cx);
        // A response waits for the others of this poll, and no longer.
        if let Some(stream) = &mut self.stream
            && let Poll::Ready(Err(error)) = state.unsent.poll_send(stream, &state.activity, cx)
        {
            tracing::debug!(%error, "a connection ended early");
            return Poll::Ready(Ok(()));
        }
        result
    }

    pub(crate) fn graceful_shutdown(&mut self) {
        Pin::new(&mut self.connection).graceful_shutdown();
    }

    /// Returns the socket, the bytes that were read and not parsed, and the service; `None` if it
    /// was upgraded.
    pub(crate) fn into_parts(self) -> Option<(Io, Bytes, Adapter<S>)> {
        let parts = self.connection.into_parts()?;
        Some((parts.io.into_inner(), parts.read_buf, parts.service))
    }

    /// Whether the client has disconnected before the response. hyper would check before it calls
    /// the service, and allocate a buffer for each request to do so. Here only requests pay that
    /// have no response at once.
    pub(crate) fn is_abandoned(&mut self, activity: &Activity, cx: &mut Context<'_>) -> bool {
        let (Some(stream), Some(request)) = (&self.stream, activity.pending_request()) else {
            return false;
        };
        if self.pipelined == request {
            return false;
        }
        match stream.poll_peek(cx, &mut [0]) {
            Poll::Pending => false,
            Poll::Ready(Ok(0) | Err(_)) => {
                tracing::debug!("the client disconnected before the response");
                true
            }
            Poll::Ready(Ok(_)) => {
                self.pipelined = request;
                false
            }
        }
    }
}
