//! HTTP/2 on hyper, with the feature `http2`.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::io::Io;
use crate::{Serve, request::Adapter};

type Connection<S> = http2::Connection<TokioIo<Io>, Adapter<S>, TokioExecutor>;

/// An HTTP/2 connection.
pub(crate) struct Http2<S: Serve>(Pin<Box<Connection<S>>>);

impl<S: Serve> Http2<S> {
    pub(crate) const IS_ENABLED: bool = true;

    pub(crate) fn begin(io: Io, adapter: Adapter<S>) -> Self {
        let shared = adapter.shared.clone();
        let builder = &shared.protocols.http2;
        Self(Box::pin(
            builder.serve_connection(TokioIo::new(io), adapter),
        ))
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        self.0.as_mut().poll(cx)
    }

    pub(crate) fn graceful_shutdown(&mut self) {
        self.0.as_mut().graceful_shutdown();
    }
}
