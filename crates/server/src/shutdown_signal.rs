//! `ShutdownSignal`: the beginning of the graceful shutdown, for requests that would outlast it.

use std::{fmt, time::Duration};

use tokio::{select, time::sleep};

use crate::{Handle, Stop};

/// The signal that a server's graceful shutdown has begun, for requests without an end of their
/// own: event streams, long polling, WebSockets.
///
/// It comes when the [`drain_delay`](crate::Limits::drain_delay) is over and no connection is
/// accepted any more ([`Phase::Draining`](crate::Phase::Draining)). Before that, load balancers
/// still choose this server, so a client that reconnects would return to it. A request that goes on
/// is cut off after [`shutdown_timeout`](crate::Limits::shutdown_timeout).
///
/// Requests get it from
/// [`ConnectionInfo::shutdown_signal`](crate::ConnectionInfo::shutdown_signal), other tasks from
/// [`Handle::shutdown_signal`]. It costs nothing until it is waited for.
///
/// # Examples
///
/// A handler that holds a request open until there is news:
///
/// ```
/// use axum::extract::Extension;
/// use squall_server::ConnectionInfo;
///
/// async fn news(Extension(connection): Extension<ConnectionInfo>) -> &'static str {
///     tokio::select! {
///         news = next() => news,
///         () = connection.shutdown_signal().received() => "nothing new",
///     }
/// }
/// # async fn next() -> &'static str { "news" }
/// ```
#[derive(Clone)]
pub struct ShutdownSignal {
    /// `None` of a connection that belongs to no server.
    handle: Option<Handle>,
    /// Places the connection in a window.
    connection: u64,
}

impl ShutdownSignal {
    /// Returns a signal that never comes.
    pub(crate) fn never() -> Self {
        Self {
            handle: None,
            connection: 0,
        }
    }

    /// Sets the number of the connection that waits for it.
    pub(crate) fn of_connection(mut self, connection: u64) -> Self {
        self.connection = connection;
        self
    }

    /// Returns whether the graceful shutdown has begun.
    #[must_use]
    pub fn is_received(&self) -> bool {
        let handle = self.handle.as_ref();
        handle.is_some_and(|handle| handle.mode_in_force().is_some())
    }

    /// Waits until the graceful shutdown begins.
    pub fn received(&self) -> impl Future<Output = ()> + Send + use<> {
        self.received_within(Duration::ZERO)
    }

    /// Waits until the graceful shutdown begins, and then for a part of `window` that differs from
    /// connection to connection: thousands of clients that reconnect do not do so at the same
    /// moment.
    ///
    /// The window is at most half of [`shutdown_timeout`](crate::Limits::shutdown_timeout), so that
    /// time is left to end the request. With [`Stop::Quick`] there is no window.
    pub fn received_within(&self, window: Duration) -> impl Future<Output = ()> + Send + use<> {
        let Self { handle, connection } = self.clone();
        async move {
            let Some(handle) = handle else {
                return std::future::pending().await;
            };
            handle.stop_in_force(Stop::Graceful).await;
            let wait = place(connection, window.min(handle.shutdown_timeout() / 2));
            if !wait.is_zero() {
                select! {
                    () = sleep(wait) => {}
                    () = handle.stop_in_force(Stop::Quick) => {}
                }
            }
        }
    }
}

impl Handle {
    /// Returns the signal that the server's graceful shutdown has begun.
    #[must_use]
    pub fn shutdown_signal(&self) -> ShutdownSignal {
        ShutdownSignal {
            handle: Some(self.clone()),
            connection: 0,
        }
    }
}

/// Returns the place of a connection in a window: connections in succession are spread evenly, by
/// multiples of the golden ratio.
fn place(connection: u64, window: Duration) -> Duration {
    const GOLDEN_RATIO: u64 = 0x9e37_79b9_7f4a_7c15;
    // The upper half is exact as a float.
    let fraction = connection.wrapping_mul(GOLDEN_RATIO) >> 32;
    window.mul_f64(fraction as f64 / 2_f64.powi(32))
}

impl fmt::Debug for ShutdownSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShutdownSignal")
            .field("is_received", &self.is_received())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, timeout};

    use super::{ShutdownSignal, place};
    use crate::{Handle, Stop};

    const WINDOW: Duration = Duration::from_secs(10);

    #[test]
    fn connections_in_succession_are_spread_evenly_over_a_window() {
        for first in [1, 1000, u64::MAX - 50] {
            let mut tenths = [0; 10];
            for connection in (0..100).map(|index| first.wrapping_add(index)) {
                tenths[place(connection, WINDOW).as_secs() as usize] += 1;
            }
            assert!(
                tenths.iter().all(|count| (8..=12).contains(count)),
                "{tenths:?}"
            );
        }
        assert_eq!(place(7, Duration::ZERO), Duration::ZERO);
        assert!(place(u64::MAX, Duration::MAX) < Duration::MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn the_signal_comes_after_the_drain_delay() {
        let handle = Handle::new();
        handle.set_times(WINDOW, WINDOW);
        let signal = handle.shutdown_signal();
        handle.stop(Stop::Graceful);
        let begun = Instant::now();
        tokio::spawn({
            let handle = handle.clone();
            async move { handle.leave().await }
        });
        assert!(!signal.is_received());
        signal.received().await;
        assert!(signal.is_received());
        assert!(begun.elapsed() >= WINDOW);
        // And at once from then on.
        timeout(Duration::ZERO, signal.received()).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_is_at_most_half_of_the_shutdown_timeout_and_quick_ends_it() {
        let handle = Handle::new();
        handle.set_times(Duration::ZERO, WINDOW);
        let signal = handle.shutdown_signal().of_connection(1);
        handle.stop(Stop::Graceful);
        let begun = Instant::now();
        signal.received_within(Duration::MAX).await;
        let waited = begun.elapsed();
        assert!(waited > Duration::ZERO && waited < WINDOW / 2, "{waited:?}");
        handle.stop(Stop::Quick);
        timeout(Duration::ZERO, signal.received_within(Duration::MAX))
            .await
            .unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_of_no_server_gets_no_signal() {
        let signal = ShutdownSignal::never();
        assert!(!signal.is_received());
        timeout(WINDOW, signal.received()).await.unwrap_err();
    }
}
