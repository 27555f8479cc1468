//! Stand-in for `http2` without that feature: no HTTP/2 connection begins, since neither the
//! preface nor ALPN leads to one.

use std::{
    marker::PhantomData,
    task::{Context, Poll},
};

use super::io::Io;
use crate::{Serve, request::Adapter};

/// No HTTP/2 connection.
pub(crate) struct Http2<S: Serve> {
    ended: PhantomData<Adapter<S>>,
}

impl<S: Serve> Http2<S> {
    pub(crate) const IS_ENABLED: bool = false;

    /// Closes the connection.
    pub(crate) fn begin(_: Io, _: Adapter<S>) -> Self {
        Self { ended: PhantomData }
    }

    #[expect(clippy::unused_self, reason = "HTTP/2's has state")]
    pub(crate) fn poll(&mut self, _: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        Poll::Ready(Ok(()))
    }

    #[expect(clippy::unused_self, reason = "HTTP/2's has state")]
    pub(crate) fn graceful_shutdown(&mut self) {}
}
