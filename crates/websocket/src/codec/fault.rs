//! Protocol faults of a peer, and the close code of each.

use std::{error::Error, fmt};

use super::CloseCode;

/// A fault in a peer's frames. It ends the connection with its [close code](Self::close_code).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// A reserved bit is set that no extension uses (RFC 6455, section 5.2; RFC 7692, section 6).
    ReservedBits,
    /// The opcode is reserved (RFC 6455, section 5.2).
    ReservedOpcode,
    /// A frame of a client without a mask (RFC 6455, section 5.1).
    Unmasked,
    /// The length is not encoded in the fewest bytes, or its top bit is set (RFC 6455, section 5.2).
    Length,
    /// A control frame is fragmented (RFC 6455, section 5.5).
    FragmentedControl,
    /// A control frame has more than 125 bytes (RFC 6455, section 5.5).
    LongControl,
    /// A continuation frame without a message before it (RFC 6455, section 5.4).
    UnexpectedContinuation,
    /// A new message before the end of a fragmented one (RFC 6455, section 5.4).
    UnfinishedMessage,
    /// The payload of a close frame has 1 byte (RFC 6455, section 5.5.1).
    ClosePayload,
    /// The code of a close frame may not be sent (RFC 6455, section 7.4).
    CloseCode,
    /// A text or the reason of a close frame is not UTF-8 (RFC 6455, section 8.1).
    Utf8,
    /// A compressed message is malformed (RFC 7692, section 7.2.2).
    Deflate,
    /// A frame is larger than [`max_frame_size`](crate::WebSocketSettings::max_frame_size).
    FrameTooBig,
    /// A message is larger than [`max_message_size`](crate::WebSocketSettings::max_message_size).
    MessageTooBig,
}

impl Fault {
    /// Returns the code of the close frame that answers it: 1002, 1007 or 1009.
    #[must_use]
    pub fn close_code(self) -> CloseCode {
        match self {
            Self::Utf8 | Self::Deflate => CloseCode::INVALID_DATA,
            Self::FrameTooBig | Self::MessageTooBig => CloseCode::TOO_BIG,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }

    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::ReservedBits => "a reserved bit is set",
            Self::ReservedOpcode => "the opcode is reserved",
            Self::Unmasked => "a frame is not masked",
            Self::Length => "the length of a frame is malformed",
            Self::FragmentedControl => "a control frame is fragmented",
            Self::LongControl => "a control frame has more than 125 bytes",
            Self::UnexpectedContinuation => "a continuation frame without a message",
            Self::UnfinishedMessage => "a message before the end of another",
            Self::ClosePayload => "a close frame has 1 byte",
            Self::CloseCode => "the code of a close frame is invalid",
            Self::Utf8 => "a text is not UTF-8",
            Self::Deflate => "a compressed message is malformed",
            Self::FrameTooBig => "a frame is too big",
            Self::MessageTooBig => "a message is too big",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl Error for Fault {}
