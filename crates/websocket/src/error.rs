//! Errors of an open socket.

use std::{error::Error, fmt, io};

use crate::codec::Fault;

/// Why a socket came to an end without a close frame of the client, or why a message cannot be sent.
#[derive(Debug)]
pub struct WebSocketError {
    kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// The close frame was sent or received, or the connection is gone.
    Closed,
    /// `try_send` and a client that reads slowly.
    Full,
    /// The client's frames.
    Fault(Fault),
    /// The connection ended without a close frame.
    Gone,
    /// Nothing came after a ping.
    PingTimeout,
    /// The client has read nothing.
    Unread,
    /// A message has taken too long.
    MessageTimeout,
    /// The client did not answer the close frame.
    CloseTimeout,
    /// Messages of an HTTP/2 client which the handler did not receive.
    Overrun,
    Io(io::Error),
}

impl WebSocketError {
    /// Returns whether the socket is closed, so that nothing can be sent.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.kind, Kind::Closed)
    }

    /// Returns whether the send buffer is full: the client reads slowly.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self.kind, Kind::Full)
    }

    /// Returns whether a deadline has passed: of a ping, a message, or the closing handshake.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(
            self.kind,
            Kind::PingTimeout | Kind::Unread | Kind::MessageTimeout | Kind::CloseTimeout
        )
    }

    /// Returns the fault in the client's frames, if that is the reason.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        match self.kind {
            Kind::Fault(fault) => Some(fault),
            _ => None,
        }
    }
}

impl From<Kind> for WebSocketError {
    fn from(kind: Kind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for WebSocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Closed => f.write_str("the WebSocket is closed"),
            Kind::Full => f.write_str("the client reads slowly: max_send_buffer is full"),
            Kind::Fault(fault) => write!(f, "the client broke the protocol: {fault}"),
            Kind::Gone => f.write_str("the connection ended without a close frame"),
            Kind::PingTimeout => f.write_str("the client sent nothing after a ping: ping_timeout"),
            Kind::Unread => f.write_str("the client read nothing for a ping_interval"),
            Kind::MessageTimeout => f.write_str("a message took longer than message_timeout"),
            Kind::CloseTimeout => f.write_str("the client did not close within close_timeout"),
            Kind::Overrun => f.write_str(
                "the handler did not receive messages over HTTP/2: max_unread and max_message_size",
            ),
            Kind::Io(error) => write!(f, "the connection failed: {error}"),
        }
    }
}

impl Error for WebSocketError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            Kind::Io(error) => Some(error),
            Kind::Fault(fault) => Some(fault),
            _ => None,
        }
    }
}
