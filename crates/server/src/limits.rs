//! Limits and timeouts of connections, requests and the graceful shutdown.

use std::time::Duration;

use crate::StartError;

/// Limits and timeouts of connections, requests and the graceful shutdown. All are on by default.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use squall_server::Limits;
///
/// let limits = Limits::default()
///     .head_timeout(Duration::from_secs(5))
///     .max_body_size(1024 * 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Limits {
    pub(crate) head_timeout: Duration,
    pub(crate) keep_alive_timeout: Duration,
    pub(crate) body_timeout: Duration,
    pub(crate) max_head_size: usize,
    pub(crate) max_headers: usize,
    pub(crate) max_body_size: u64,
    pub(crate) max_connections: usize,
    #[cfg(feature = "http2")]
    pub(crate) max_streams: u32,
    pub(crate) drain_delay: Duration,
    pub(crate) shutdown_timeout: Duration,
    pub(crate) idle_grace: Duration,
    pub(crate) tcp_keepalive: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(10),
            keep_alive_timeout: Duration::from_secs(75),
            body_timeout: Duration::from_secs(60),
            max_head_size: 64 * 1024,
            max_headers: 100,
            max_body_size: 100 * 1024 * 1024,
            max_connections: 10_000,
            #[cfg(feature = "http2")]
            max_streams: 200,
            drain_delay: Duration::ZERO,
            shutdown_timeout: Duration::from_secs(30),
            idle_grace: Duration::from_secs(1),
            tcp_keepalive: Duration::from_secs(60),
        }
    }
}

impl Limits {
    /// Sets the time for a request's header section: from accepting the connection, or from the
    /// first byte of a later request, to the section's end. The PROXY protocol's header, the TLS
    /// handshake and the choice between HTTP/1.1 and HTTP/2 are part of it. A client that has sent
    /// a part of the section gets 408 (Request Timeout); any other connection is closed without a
    /// response.
    ///
    /// Default: 10 seconds.
    pub fn head_timeout(mut self, timeout: Duration) -> Self {
        self.head_timeout = timeout;
        self
    }

    /// Sets how long a connection may be idle between requests (Tornado's
    /// `idle_connection_timeout`).
    ///
    /// Default: 75 seconds, as in nginx.
    pub fn keep_alive_timeout(mut self, timeout: Duration) -> Self {
        self.keep_alive_timeout = timeout;
        self
    }

    /// Sets how long a body may make no progress: a request's while a handler waits for it (408),
    /// or a response's while the client takes none of it (the connection is closed).
    ///
    /// Default: 60 seconds.
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.body_timeout = timeout;
        self
    }

    /// Sets the size limit of a request's header section with its request line, in bytes (431); at
    /// least 8 KiB (Tornado's `max_header_size`).
    ///
    /// Default: 64 KiB.
    pub fn max_head_size(mut self, bytes: usize) -> Self {
        self.max_head_size = bytes;
        self
    }

    /// Sets how many header lines a request may have over HTTP/1.1 (431).
    ///
    /// Default: 100.
    pub fn max_headers(mut self, lines: usize) -> Self {
        self.max_headers = lines;
        self
    }

    /// Sets the size limit of a request's body, in bytes (413; Tornado's `max_body_size`).
    ///
    /// Default: 100 MiB.
    pub fn max_body_size(mut self, bytes: u64) -> Self {
        self.max_body_size = bytes;
        self
    }

    /// Returns the size that a request's body may have, in bytes.
    #[must_use]
    pub fn largest_body(&self) -> u64 {
        self.max_body_size
    }

    /// Sets how many connections may be open at once; it is never more than the descriptor limit
    /// allows. At the limit the oldest connection without a request is closed; if there is none,
    /// new connections wait in the system's queue.
    ///
    /// Default: 10,000.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// Sets how many requests one HTTP/2 connection may have in flight (RFC 9113, 5.1.2).
    ///
    /// Default: 200.
    #[cfg(feature = "http2")]
    pub fn max_streams(mut self, streams: u32) -> Self {
        self.max_streams = streams;
        self
    }

    /// Sets how long a server goes on as before after the signal of a graceful shutdown. Health
    /// checks fail meanwhile ([`Phase::Leaving`](crate::Phase::Leaving)), so load balancers choose
    /// other servers. Kubernetes takes some seconds to do so.
    ///
    /// Default: 0.
    pub fn drain_delay(mut self, delay: Duration) -> Self {
        self.drain_delay = delay;
        self
    }

    /// Sets how long requests may take to finish during a graceful shutdown, before they are cut
    /// off.
    ///
    /// Default: 30 seconds.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// Sets how long idle connections stay open during a graceful shutdown, for a request that is
    /// on its way; its response has `Connection: close`. Closing at once would lose the request.
    ///
    /// Default: 1 second.
    pub fn idle_grace(mut self, grace: Duration) -> Self {
        self.idle_grace = grace;
        self
    }

    /// Sets how long a TCP connection may be silent before the system probes whether the client is
    /// still there (`SO_KEEPALIVE`, `TCP_KEEPIDLE`). A client that vanished without closing, such
    /// as a phone in a tunnel or a host without power, would otherwise hold an idle event stream or
    /// WebSocket for ever. Four probes without a reply, 15 seconds apart, end the connection. With
    /// zero, no probes are sent.
    ///
    /// Default: 60 seconds.
    pub fn tcp_keepalive(mut self, idle: Duration) -> Self {
        self.tcp_keepalive = idle;
        self
    }

    /// Returns how long a graceful shutdown can take altogether. A supervisor should wait longer.
    #[must_use]
    pub fn longest_shutdown(&self) -> Duration {
        self.drain_delay
            .saturating_add(self.shutdown_timeout)
            .saturating_add(self.idle_grace)
    }

    pub(crate) fn check(&self) -> Result<(), StartError> {
        for (setting, timeout) in [
            ("head_timeout", self.head_timeout),
            ("keep_alive_timeout", self.keep_alive_timeout),
            ("body_timeout", self.body_timeout),
        ] {
            if timeout.is_zero() {
                return Err(StartError::limit(setting, timeout));
            }
        }
        let sizes = [
            // hyper cannot work with a smaller buffer, and 1 GiB for one head is a mistake.
            (
                "max_head_size",
                self.max_head_size,
                8192..=1 << 30,
                "8192 to 1073741824",
            ),
            ("max_headers", self.max_headers, 1..=10_000, "1 to 10000"),
            (
                "max_connections",
                self.max_connections,
                1..=usize::MAX,
                "at least 1",
            ),
            #[cfg(feature = "http2")]
            (
                "max_streams",
                self.max_streams as usize,
                1..=usize::MAX,
                "at least 1",
            ),
        ];
        for (setting, value, range, expected) in sizes {
            if !range.contains(&value) {
                return Err(StartError::Limit {
                    setting,
                    value: value.to_string(),
                    expected,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Limits;

    #[test]
    fn a_senseless_limit_is_named_with_its_value() {
        let zero = Duration::ZERO;
        for (limits, said) in [
            (
                Limits::default().head_timeout(zero),
                "head_timeout(0ns): expected more than zero",
            ),
            (
                Limits::default().keep_alive_timeout(zero),
                "keep_alive_timeout(0ns)",
            ),
            (Limits::default().body_timeout(zero), "body_timeout(0ns)"),
            (
                Limits::default().max_head_size(100),
                "max_head_size(100): expected 8192 to",
            ),
            (Limits::default().max_headers(0), "max_headers(0)"),
            (Limits::default().max_connections(0), "max_connections(0)"),
            #[cfg(feature = "http2")]
            (Limits::default().max_streams(0), "max_streams(0)"),
        ] {
            let error = limits.check().unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        assert!(Limits::default().check().is_ok());
    }
}
