//! Settings of WebSockets: limits, deadlines, origins, subprotocols, compression.

use std::{sync::Arc, time::Duration};

use http::{HeaderValue, request::Parts};

#[cfg(feature = "deflate")]
use crate::deflate::Compression;
use crate::{
    codec::CloseCode,
    deflate,
    handshake::{OriginError, OriginRule, check_allowed},
};

/// Settings of WebSockets, for [`WebSocketUpgrade::settings`](crate::WebSocketUpgrade::settings). The extractor
/// starts with those in the request's extensions, if a layer has put them there.
#[derive(Clone, Debug)]
#[must_use]
pub struct WebSocketSettings {
    pub(crate) max_message_size: usize,
    pub(crate) max_frame_size: usize,
    pub(crate) max_send_buffer: usize,
    pub(crate) max_unread: usize,
    pub(crate) ping_interval: Option<Duration>,
    pub(crate) ping_timeout: Duration,
    pub(crate) message_timeout: Duration,
    pub(crate) close_timeout: Duration,
    pub(crate) shutdown_code: CloseCode,
    pub(crate) shutdown_spread: Duration,
    pub(crate) origins: OriginRule,
    pub(crate) protocols: Vec<HeaderValue>,
    pub(crate) compression: Option<deflate::Compression>,
}

impl Default for WebSocketSettings {
    fn default() -> Self {
        Self {
            max_message_size: 10 << 20,
            max_frame_size: 10 << 20,
            max_send_buffer: 64 << 10,
            max_unread: 64 << 10,
            ping_interval: Some(Duration::from_secs(30)),
            ping_timeout: Duration::from_secs(30),
            message_timeout: Duration::from_secs(60),
            close_timeout: Duration::from_secs(5),
            shutdown_code: CloseCode::GOING_AWAY,
            shutdown_spread: Duration::from_secs(2),
            origins: OriginRule::default(),
            protocols: Vec::new(),
            compression: None,
        }
    }
}

impl WebSocketSettings {
    /// Returns the default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the largest message in bytes that is received, inflated if it is compressed. A larger one closes the
    /// connection with 1009. Default: 10 MiB.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        // Room for one byte more, by which the inflater finds that the limit is exceeded.
        self.max_message_size = bytes.min(usize::MAX / 4);
        self
    }

    /// Sets the largest frame in bytes that is received. A larger one closes the connection with 1009. Default:
    /// 10 MiB.
    pub fn max_frame_size(mut self, bytes: usize) -> Self {
        self.max_frame_size = bytes;
        self
    }

    /// Sets how many bytes may wait for a client that reads slowly, before
    /// [`send`](crate::WebSocket::send) waits and [`try_send`](crate::Sender::try_send) returns an error. A single
    /// message may be larger. Default: 64 KiB.
    pub fn max_send_buffer(mut self, bytes: usize) -> Self {
        self.max_send_buffer = bytes;
        self
    }

    /// Sets how many bytes of whole messages are read before the handler receives them. Beyond it, the
    /// connection is not read, so the client waits; over HTTP/2, where unread frames of one stream would end the
    /// whole connection, the stream is reset at `max_message_size` beyond it. Default: 64 KiB.
    pub fn max_unread(mut self, bytes: usize) -> Self {
        self.max_unread = bytes;
        self
    }

    /// Sets how often a ping is sent, whatever the handler does; `None` sends none, and does not find clients
    /// that are gone or do not read. Default: 30 s.
    pub fn ping_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.ping_interval = interval.into().filter(|interval| !interval.is_zero());
        self
    }

    /// Sets how long a client may send nothing at all after a ping. A client that is not read, since the handler has
    /// not received [`max_unread`](Self::max_unread) bytes, is not at fault. Default: 30 s.
    pub fn ping_timeout(mut self, timeout: Duration) -> Self {
        self.ping_timeout = timeout;
        self
    }

    /// Sets how long a message may take from its first byte to its last. A slower one closes the connection with
    /// 1008. Default: 60 s.
    pub fn message_timeout(mut self, timeout: Duration) -> Self {
        self.message_timeout = timeout;
        self
    }

    /// Sets how long the client may take to answer a close frame, and then to close the connection. Default: 5 s.
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.close_timeout = timeout;
        self
    }

    /// Sets the code of the close frame at a graceful shutdown. Default: 1001.
    pub fn shutdown_code(mut self, code: CloseCode) -> Self {
        self.shutdown_code = code;
        self
    }

    /// Sets over which time the close frames of a graceful shutdown are spread at random, so that clients do not
    /// reconnect all at once. Default: 2 s.
    pub fn shutdown_spread(mut self, spread: Duration) -> Self {
        self.shutdown_spread = spread;
        self
    }

    /// Allows pages of other origins, such as `https://example.com`. Default: none but the site's own.
    ///
    /// # Errors
    ///
    /// An origin that no browser sends.
    pub fn allowed_origins<I>(mut self, origins: I) -> Result<Self, OriginError>
    where
        I: IntoIterator<Item: Into<String>>,
    {
        for origin in origins {
            let origin = origin.into();
            check_allowed(&origin)?;
            self.origins.allowed.push(origin);
        }
        Ok(self)
    }

    /// Sets the function that decides whether a page of an origin may open a WebSocket, instead of a comparison with
    /// the site's origin. Requests without `Origin` are not from pages, and are allowed. Default: the site's own
    /// origin and [`allowed_origins`](Self::allowed_origins).
    pub fn check_origin(
        mut self,
        check: impl Fn(&str, &Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.origins.check = Some(Arc::new(check));
        self
    }

    /// Sets the function that returns the site's own origin, such as `https://example.com`, from what trusted
    /// proxies have forwarded; if it returns `None`, the default counts. Default: any scheme, with the host and port of
    /// `Host` or `:authority`.
    pub fn own_origin(
        mut self,
        own: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.origins.own = Some(Arc::new(own));
        self
    }

    /// Sets the subprotocols of the handler. The first of the client's that is among them is selected. Default: none.
    ///
    /// # Panics
    ///
    /// When a name is not valid in a header.
    pub fn protocols<I>(mut self, protocols: I) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let value = |name: I::Item| HeaderValue::from_str(name.as_ref());
        let values: Result<_, _> = protocols.into_iter().map(value).collect();
        self.protocols = values.expect("a subprotocol is a token of ASCII characters");
        self
    }

    /// Sets compression with permessage-deflate (RFC 7692), for clients that offer it. Default: none, for the reasons
    /// of [`Compression`].
    #[cfg(feature = "deflate")]
    pub fn compression(mut self, compression: impl Into<Option<Compression>>) -> Self {
        self.compression = compression.into();
        self
    }
}
