//! State shared by all connections of a server.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use hyper::server::conn::http1;
#[cfg(feature = "http2")]
use hyper::server::conn::http2;
#[cfg(feature = "http2")]
use hyper_util::rt::TokioTimer;

use crate::{Limits, Observe};

/// Up to this length hyper reads the bytes of a body at once, and keeps those of a response for a
/// slow client. With 64 KiB, large bodies cost more CPU time (`cargo xtask bench peers body`);
/// larger buffers gained nothing.
const READ_BUFFER: usize = 128 * 1024;

/// The length of a chunk of a response, or of a write, from which copying it takes longer than a
/// write of its own.
pub(crate) const LARGE_CHUNK: usize = 4096;

/// hyper's settings, the limits and the observer of a server.
#[derive(Debug)]
pub(crate) struct ServerState {
    pub(crate) http1: http1::Builder,
    pub(crate) limits: Limits,
    pub(crate) observer: Option<Arc<dyn Observe>>,
    /// Whether any response had a chunk of [`LARGE_CHUNK`] or more.
    sends_large: AtomicBool,
}

impl ServerState {
    pub(crate) fn new(limits: Limits, observer: Option<Arc<dyn Observe>>) -> Self {
        let mut http1 = http1::Builder::new();
        http1
            .max_header_size(limits.max_head_size)
            .max_buf_size(limits.max_head_size.max(READ_BUFFER))
            // Ours begins earlier, with the connection, and ends in a 408.
            .header_read_timeout(None);
        if limits.max_headers != Limits::default().max_headers {
            // hyper has its fastest path for its own default, which is ours too.
            http1.max_headers(limits.max_headers);
        }
        Self {
            http1,
            limits,
            observer,
            sends_large: AtomicBool::new(false),
        }
    }

    /// Records the length of a response's chunk.
    pub(crate) fn on_chunk(&self, length: usize) {
        if length >= LARGE_CHUNK {
            self.sends_large.store(true, Relaxed);
        }
    }

    /// Whether any response had a large chunk. Up to the first one, hyper copies a response's head
    /// and body to one buffer, which is by far the quickest for small ones; from then on
    /// connections write them as they are.
    pub(crate) fn sends_large(&self) -> bool {
        self.sends_large.load(Relaxed)
    }

    /// Returns hyper's settings of HTTP/2, with the executor of a connection's streams.
    #[cfg(feature = "http2")]
    pub(crate) fn http2<E>(&self, executor: E) -> http2::Builder<E> {
        let mut http2 = http2::Builder::new(executor);
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(self.limits.max_streams)
            // WebSockets (RFC 8441).
            .enable_connect_protocol()
            .max_header_list_size(u32::try_from(self.limits.max_head_size).unwrap_or(u32::MAX));
        http2
    }
}
