//! Observer of the outcome of each request, for counters.

use std::{fmt, time::Duration};

use http::StatusCode;

/// An observer of every request, whether it reaches the service or is rejected before it. Without
/// an observer, nothing is measured.
///
/// The methods are called while requests are handled: they must not block. The time of a request
/// that waits for nothing is measured by the system's coarse clock, whose ticks are 1 to 10
/// milliseconds: sums are right, single values to a tick.
///
/// # Examples
///
/// ```
/// use std::{sync::atomic::{AtomicU64, Ordering}, time::Duration};
/// use squall_server::{Observe, Server, http::StatusCode};
///
/// #[derive(Debug, Default)]
/// struct Failures(AtomicU64);
///
/// impl Observe for Failures {
///     fn on_response(&self, status: StatusCode, _: Duration) {
///         if status.is_server_error() {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// let server = Server::new().bind("127.0.0.1:8888").observe(Failures::default());
/// ```
pub trait Observe: fmt::Debug + Send + Sync + 'static {
    /// The head of a request has been read.
    fn on_request(&self) {}

    /// The head of its response is there, and took this long.
    fn on_response(&self, status: StatusCode, took: Duration) {
        let _ = (status, took);
    }

    /// There will be no response: the client closed the connection or reset the stream before, or
    /// the shutdown cut the request off. It took this long.
    fn on_abort(&self, took: Duration) {
        let _ = took;
    }

    /// The last byte of the response is on its way, or the client has disconnected. It is called
    /// once for each request, with or without a response.
    fn on_end(&self) {}
}
