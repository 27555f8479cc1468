//! An idle HTTP/1.1 connection that has given up hyper and its buffers, and keeps its socket.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use super::{http1::Http1, io::Io};
use crate::{Serve, request::Adapter};

/// How long a connection is idle before it is parked, so that one in use does not start hyper anew
/// for each request.
pub(super) const PARK_AFTER: Duration = Duration::from_secs(1);

/// A parked connection. hyper begins anew with the first byte of the next request.
pub(crate) struct Parked<S: Serve> {
    io: Io,
    adapter: Adapter<S>,
}

impl<S: Serve> Parked<S> {
    pub(crate) fn new(io: Io, adapter: Adapter<S>) -> Self {
        Self { io, adapter }
    }

    /// Returns when the client has sent something, or disconnected.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.io.poll_readable(cx)
    }

    pub(crate) fn resume(self) -> Http1<S> {
        Http1::begin(self.io, self.adapter)
    }
}
