//! HTTP/2 on hyper, with the feature `http2`.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};

use crate::{
    Limits,
    io::Io,
    service::{Adapter, Serve},
};

pub(crate) type Builder = http2::Builder<TokioExecutor>;

type Connection<S> = http2::Connection<TokioIo<Io>, Adapter<S>, TokioExecutor>;

/// An HTTP/2 connection.
pub(crate) struct Http2<S: Serve>(Pin<Box<Connection<S>>>);

/// Returns hyper's settings for these limits.
pub(crate) fn builder(limits: &Limits) -> Builder {
    let mut http2 = Builder::new(TokioExecutor::new());
    http2
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.max_streams)
        .max_header_list_size(u32::try_from(limits.max_head_size).unwrap_or(u32::MAX));
    http2
}

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
