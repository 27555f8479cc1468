//! Assembly of messages from a client's bytes (RFC 6455, sections 5 and 6.2), within limits.

mod in_place;

use std::str;

use bytes::{Bytes, BytesMut};

use self::in_place::SLACK;
use super::{CloseFrame, Fault, FrameHeader, Opcode, unmask};
use crate::{Message, Text};

/// Memory for a payload that has only been announced: a header alone must not make us allocate 10 MiB.
const RESERVED: usize = 64 * 1024;

/// Assembles messages from the bytes of a client.
///
/// # Examples
///
/// ```
/// use squall_websocket::{Message, codec::{Decoder, Event}};
///
/// let mut decoder = Decoder::new(1024, 1024);
/// let mut bytes = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
/// let (taken, event) = decoder.decode(&mut bytes)?;
/// assert_eq!(taken, bytes.len());
/// let Some(Event::Message(payload)) = event else { panic!("a whole message") };
/// assert_eq!(payload.into_message()?, Message::text("Hello"));
/// # Ok::<(), squall_websocket::codec::Fault>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    max_message_size: usize,
    max_frame_size: usize,
    is_compression_agreed: bool,
    // The header that has arrived in part.
    header: [u8; FrameHeader::MAX_LEN],
    header_len: u8,
    frame: Option<Frame>,
    // Boxed, since an idle connection has none.
    message: Option<Box<Partial>>,
    // The payload of a control frame that has arrived in part.
    control: Vec<u8>,
    // How many messages have begun in part, for their deadline.
    begun: u32,
}

/// A frame whose payload is being read.
#[derive(Debug)]
struct Frame {
    opcode: Opcode,
    is_final: bool,
    is_compressed: bool,
    /// The missing bytes.
    missing: u64,
    /// The mask of the next byte.
    mask: [u8; 4],
}

/// A message that has arrived in part.
#[derive(Debug)]
struct Partial {
    is_text: bool,
    is_compressed: bool,
    bytes: BytesMut,
    /// How much of a text has been checked; what follows is at most a part of one character.
    checked: usize,
}

/// A message or a control frame of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A whole message, perhaps compressed.
    Message(Payload),
    /// A ping, to be answered with a pong of the same payload.
    Ping(Bytes),
    /// A pong.
    Pong(Bytes),
    /// The close frame, behind which nothing counts.
    Close(Option<CloseFrame>),
}

/// The payload of a whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Payload {
    /// Whether the message is a text.
    pub is_text: bool,
    /// Whether the bytes are compressed (RFC 7692).
    pub is_compressed: bool,
    /// The bytes as they came.
    pub bytes: Bytes,
}

impl Payload {
    /// Returns the message. The bytes must not be compressed, or have been inflated.
    ///
    /// # Errors
    ///
    /// A text that is not UTF-8.
    pub fn into_message(self) -> Result<Message, Fault> {
        if self.is_text {
            let text = Text::try_from(self.bytes).map_err(|_| Fault::Utf8)?;
            Ok(Message::Text(text))
        } else {
            Ok(Message::Binary(self.bytes))
        }
    }
}

impl Decoder {
    /// Makes a decoder with limits in bytes. Compression is not agreed on.
    #[must_use]
    pub fn new(max_message_size: usize, max_frame_size: usize) -> Self {
        Self {
            max_message_size,
            max_frame_size,
            is_compression_agreed: false,
            header: [0; FrameHeader::MAX_LEN],
            header_len: 0,
            frame: None,
            message: None,
            control: Vec::new(),
            begun: 0,
        }
    }

    /// Sets whether compressed messages are allowed, after a handshake has agreed on it. Default: false.
    #[must_use]
    pub fn compression(mut self, enabled: bool) -> Self {
        self.is_compression_agreed = enabled;
        self
    }

    /// Takes bytes until there is an event; returns how many it has taken, and the event. The bytes are unmasked in
    /// place. Without an event, all bytes were taken.
    ///
    /// # Errors
    ///
    /// A fault of the client. The decoder is of no use after it.
    pub fn decode(&mut self, bytes: &mut [u8]) -> Result<(usize, Option<Event>), Fault> {
        let mut at = 0;
        loop {
            let Some(frame) = &mut self.frame else {
                let Some((header, len)) = self.header(&bytes[at..])? else {
                    return Ok((bytes.len(), None));
                };
                at += len;
                self.begin(header)?;
                continue;
            };
            let rest = &mut bytes[at..];
            let len = rest
                .len()
                .min(usize::try_from(frame.missing).unwrap_or(usize::MAX));
            if len == 0 && frame.missing > 0 {
                return Ok((at, None));
            }
            let payload = &mut rest[..len];
            frame.mask = unmask(frame.mask, payload);
            frame.missing -= len as u64;
            at += len;
            if let Some(event) = self.take(payload)? {
                return Ok((at, Some(event)));
            }
        }
    }

    /// Checks the text that has arrived so far. Called before a wait for more bytes, so that a text that is not
    /// UTF-8 fails as soon as it arrives, and a text that arrives in one go is checked once.
    ///
    /// # Errors
    ///
    /// When no further bytes can make it UTF-8.
    pub fn check_text(&mut self) -> Result<(), Fault> {
        let Some(message) = &mut self.message else {
            return Ok(());
        };
        if !message.is_text || message.is_compressed {
            return Ok(());
        }
        match str::from_utf8(&message.bytes[message.checked..]) {
            Ok(text) => message.checked += text.len(),
            Err(error) if error.error_len().is_none() => message.checked += error.valid_up_to(),
            Err(_) => return Err(Fault::Utf8),
        }
        Ok(())
    }

    /// Returns a number for the message that has arrived in part, or `None` between messages.
    #[must_use]
    pub fn unfinished(&self) -> Option<u32> {
        let is_within = self.header_len > 0 || self.frame.is_some() || self.message.is_some();
        is_within.then_some(self.begun)
    }

    /// Reads a header, from several reads if need be; returns it with the number of bytes taken.
    fn header(&mut self, bytes: &[u8]) -> Result<Option<(FrameHeader, usize)>, Fault> {
        let before = usize::from(self.header_len);
        if before == 0 {
            if let Some(found) = FrameHeader::parse(bytes)? {
                return Ok(Some(found));
            }
            if self.message.is_none() && !bytes.is_empty() {
                self.begun = self.begun.wrapping_add(1);
            }
        }
        let end = FrameHeader::MAX_LEN.min(before + bytes.len());
        self.header[before..end].copy_from_slice(&bytes[..end - before]);
        let found = FrameHeader::parse(&self.header[..end])?;
        self.header_len = match found {
            Some(_) => 0,
            #[expect(clippy::cast_possible_truncation, reason = "at most MAX_LEN")]
            None => end as u8,
        };
        Ok(found.map(|(header, len)| (header, len - before)))
    }

    /// Begins a frame.
    fn begin(&mut self, header: FrameHeader) -> Result<(), Fault> {
        self.check(&header)?;
        self.frame = Some(Frame {
            opcode: header.opcode,
            is_final: header.is_final,
            is_compressed: header.rsv1,
            missing: header.length,
            mask: header.mask,
        });
        Ok(())
    }

    /// Checks a header against the messages before it and the limits.
    fn check(&self, header: &FrameHeader) -> Result<(), Fault> {
        let &FrameHeader { opcode, length, .. } = header;
        if !opcode.is_control() {
            match (opcode, &self.message) {
                (Opcode::Continuation, None) => return Err(Fault::UnexpectedContinuation),
                (Opcode::Continuation, Some(_)) if header.rsv1 => return Err(Fault::ReservedBits),
                (Opcode::Continuation, Some(_)) => {}
                (_, Some(_)) => return Err(Fault::UnfinishedMessage),
                (_, None) if header.rsv1 && !self.is_compression_agreed => {
                    return Err(Fault::ReservedBits);
                }
                (_, None) => {}
            }
            let before = self
                .message
                .as_ref()
                .map_or(0, |message| message.bytes.len());
            if length > self.max_frame_size as u64 {
                return Err(Fault::FrameTooBig);
            }
            if length > (self.max_message_size - before) as u64 {
                return Err(Fault::MessageTooBig);
            }
        }
        Ok(())
    }

    /// Takes unmasked bytes of the frame; returns the event that they complete.
    fn take(&mut self, payload: &[u8]) -> Result<Option<Event>, Fault> {
        let Some(frame) = &self.frame else {
            return Ok(None);
        };
        let Frame {
            opcode,
            is_final,
            is_compressed,
            missing,
            ..
        } = *frame;
        if missing == 0 {
            self.frame = None;
        }
        if opcode.is_control() {
            return self.take_control(opcode, missing == 0, payload);
        }
        let is_text = opcode == Opcode::Text;
        let is_whole = missing == 0 && is_final;
        let message = match &mut self.message {
            Some(message) => message,
            // Most messages: one frame, whole in what was read.
            None if is_whole => {
                return Ok(Some(Event::Message(Payload {
                    is_text,
                    is_compressed,
                    bytes: Bytes::copy_from_slice(payload),
                })));
            }
            none => {
                self.begun = self.begun.wrapping_add(1);
                none.insert(Box::new(Partial {
                    is_text,
                    is_compressed,
                    bytes: BytesMut::new(),
                    checked: 0,
                }))
            }
        };
        if message.bytes.capacity() - message.bytes.len() < payload.len() {
            let missing = usize::try_from(missing).unwrap_or(usize::MAX);
            let more = missing.min(RESERVED);
            message.bytes.reserve(payload.len() + more + SLACK);
        }
        message.bytes.extend_from_slice(payload);
        if !is_whole {
            return Ok(None);
        }
        Ok(self.message.take().map(|message| {
            Event::Message(Payload {
                is_text: message.is_text,
                is_compressed: message.is_compressed,
                bytes: message.bytes.freeze(),
            })
        }))
    }

    fn take_control(
        &mut self,
        opcode: Opcode,
        is_whole: bool,
        payload: &[u8],
    ) -> Result<Option<Event>, Fault> {
        if !is_whole {
            self.control.extend_from_slice(payload);
            return Ok(None);
        }
        let payload = if self.control.is_empty() {
            Bytes::copy_from_slice(payload)
        } else {
            self.control.extend_from_slice(payload);
            std::mem::take(&mut self.control).into()
        };
        Ok(Some(match opcode {
            Opcode::Ping => Event::Ping(payload),
            Opcode::Pong => Event::Pong(payload),
            _ => Event::Close(CloseFrame::parse(&payload)?),
        }))
    }
}

#[cfg(test)]
mod tests;
