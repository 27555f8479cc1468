//! State shared by all connections of a server.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use hyper::server::conn::http1;

#[cfg(feature = "http2")]
use crate::http2;
use crate::{Limits, Observe};

/// How a server speaks HTTP, and within which limits.
#[derive(Debug)]
pub(crate) struct Protocols {
    pub(crate) http1: http1::Builder,
    #[cfg(feature = "http2")]
    pub(crate) http2: http2::Builder,
    pub(crate) limits: Limits,
    pub(crate) observer: Option<Arc<dyn Observe>>,
    sends_large: AtomicBool,
}

impl Protocols {
    pub(crate) fn new(limits: Limits, observer: Option<Arc<dyn Observe>>) -> Self {
        let mut http1 = http1::Builder::new();
        http1
            .max_header_size(limits.max_head_size)
            .max_buf_size(limits.max_head_size)
            // Ours begins earlier, with the connection, and ends in a 408.
            .header_read_timeout(None);
        if limits.max_headers != Limits::default().max_headers {
            // hyper has its fastest path for its own default, which is ours too.
            http1.max_headers(limits.max_headers);
        }
        Self {
            http1,
            #[cfg(feature = "http2")]
            http2: http2::builder(&limits),
            limits,
            observer,
            sends_large: AtomicBool::new(false),
        }
    }

    /// A response has a piece that is too large to be copied.
    pub(crate) fn on_large_piece(&self) {
        self.sends_large.store(true, Relaxed);
    }

    /// Whether any response had such a piece. Up to the first one, hyper copies a response's head and
    /// body to one buffer, which is by far the quickest for small ones; from then on connections write
    /// them as they are.
    pub(crate) fn sends_large(&self) -> bool {
        self.sends_large.load(Relaxed)
    }
}
