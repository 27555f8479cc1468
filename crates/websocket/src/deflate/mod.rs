//! permessage-deflate (RFC 7692): settings, negotiation, coder.

mod coder;
mod negotiation;

pub(crate) use self::{coder::Coder, negotiation::Agreement};

/// Compression of messages with permessage-deflate (RFC 7692), for
/// [`WebSocketSettings::compression`](crate::WebSocketSettings::compression).
///
/// It is off unless it is set, for two reasons. A message that mixes a secret with text of an attacker reveals the
/// secret by its compressed length (BREACH). And each message costs about 5 µs and 1 µs for each 100 bytes.
///
/// Without [`context_takeover`](Self::context_takeover), each message is compressed alone. The coders, of about 300 KiB,
/// belong to the thread then, and an idle connection costs no more than one without compression.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Compression {
    pub(crate) level: u32,
    pub(crate) threshold: usize,
    pub(crate) window_bits: u8,
    pub(crate) context_takeover: bool,
}

impl Default for Compression {
    fn default() -> Self {
        Self {
            level: 6,
            threshold: 1024,
            window_bits: 15,
            context_takeover: false,
        }
    }
}

impl Compression {
    /// Returns the default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the level, from 0 (store) to 9 (smallest); more is 9. Default: 6.
    pub fn level(mut self, level: u32) -> Self {
        self.level = level.min(9);
        self
    }

    /// Sets the length in bytes from which messages are compressed. Default: 1024.
    pub fn threshold(mut self, bytes: usize) -> Self {
        self.threshold = bytes;
        self
    }

    /// Sets the largest window of both sides, as the logarithm of its bytes, from 9 (512 bytes) to 15 (32 KiB).
    /// Values outside are limited to these. Default: 15.
    pub fn max_window_bits(mut self, bits: u8) -> Self {
        self.window_bits = bits.clamp(9, 15);
        self
    }

    /// Whether a message may refer to the messages before it, if the client agrees. Small similar messages become
    /// smaller, and each connection keeps two coders, about 320 KiB. Default: false.
    pub fn context_takeover(mut self, enabled: bool) -> Self {
        self.context_takeover = enabled;
        self
    }

    /// Returns the response's `Sec-WebSocket-Extensions` for a request's, whose lines are joined by commas; `None` if
    /// no offer is acceptable. The upgrade does this itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use squall_websocket::Compression;
    ///
    /// let compression = Compression::new().context_takeover(true);
    /// let response = compression.negotiate("permessage-deflate; client_max_window_bits");
    /// assert_eq!(response.as_deref(), Some("permessage-deflate"));
    /// ```
    #[must_use]
    pub fn negotiate(&self, offers: &str) -> Option<String> {
        Agreement::select(offers, self).map(|agreement| agreement.response())
    }
}
