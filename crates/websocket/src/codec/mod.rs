//! The codec (RFC 6455, section 5) as values, without I/O: frame headers, masks, assembly of messages.
//!
//! A server of another runtime can use it directly; [`WebSocketUpgrade`](crate::WebSocketUpgrade) does the I/O
//! around it.

mod close;
mod close_code;
mod decoder;
mod fault;
mod header;
mod mask;

pub use self::{
    close::CloseFrame,
    close_code::CloseCode,
    decoder::{Decoder, Event, Payload},
    fault::Fault,
    header::{FrameHeader, Opcode, encode_header},
    mask::unmask,
};
