//! Configuration that `TracebackLayer` shares with each request.

use std::{fmt, net::IpAddr};

use http::Extensions;

use crate::tracebacks::Tracebacks;

pub(crate) struct LayerConfig {
    pub(crate) tracebacks: Tracebacks,
    /// Whether any client may see the page.
    pub(crate) shows_page: bool,
    pub(crate) peer: Box<ReadPeer>,
}

type ReadPeer = dyn Fn(&Extensions) -> Option<IpAddr> + Send + Sync;

impl fmt::Debug for LayerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tracebacks.fmt(f)
    }
}
