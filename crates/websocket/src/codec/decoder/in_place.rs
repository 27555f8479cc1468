//! Large payloads, which are taken and read without a copy.

use std::mem;

use bytes::{Buf, BufMut, Bytes, BytesMut, buf::Limit};

use super::{Decoder, Event, Partial, Payload, RESERVED};
use crate::codec::{Fault, FrameHeader, Opcode, unmask};

/// Room beyond the end of a large frame: a read that does not fill its buffer has emptied the socket, which spares
/// another one that finds nothing.
pub(super) const SLACK: usize = 256;

/// Fewer missing bytes are not worth a read of their own.
const DIRECT: usize = 4 * 1024;

/// A whole payload of this length keeps the buffer that it was read into, which is at most twice as large.
const KEPT: usize = 32 * 1024;

impl Decoder {
    /// Takes bytes from a buffer of a read, as [`decode`](Self::decode) does, and sooner for a message in one frame.
    /// A large payload takes its part of the buffer away, instead of a copy: all of it, if the frame goes on.
    pub(crate) fn decode_buffer(&mut self, buffer: &mut BytesMut) -> Result<Option<Event>, Fault> {
        let is_between = self.header_len == 0 && self.frame.is_none() && self.message.is_none();
        if is_between
            && let Some((header, len)) = FrameHeader::parse(buffer)?
            && matches!(header.opcode, Opcode::Text | Opcode::Binary)
            && let Ok(length) = usize::try_from(header.length)
        {
            let is_whole = buffer.len() - len >= length;
            if is_whole && header.is_final {
                self.check(&header)?;
                buffer.advance(len);
                let payload = &mut buffer[..length];
                unmask(header.mask, payload);
                let bytes = if length < KEPT {
                    let copy = Bytes::copy_from_slice(payload);
                    buffer.advance(length);
                    copy
                } else {
                    buffer.split_to(length).freeze()
                };
                return Ok(Some(Event::Message(Payload {
                    is_text: header.opcode == Opcode::Text,
                    is_compressed: header.rsv1,
                    bytes,
                })));
            }
            if !is_whole && length >= KEPT && buffer.len() > DIRECT {
                self.begin(header)?;
                buffer.advance(len);
                self.take_begun(mem::take(buffer));
                return Ok(None);
            }
        }
        let (taken, event) = self.decode(buffer)?;
        buffer.advance(taken);
        Ok(event)
    }

    /// Takes the first bytes of a message, whose frame has begun and goes on.
    fn take_begun(&mut self, mut bytes: BytesMut) {
        let Some(frame) = &mut self.frame else {
            return;
        };
        frame.mask = unmask(frame.mask, &mut bytes);
        frame.missing -= bytes.len() as u64;
        self.begun = self.begun.wrapping_add(1);
        self.message = Some(Box::new(Partial {
            is_text: frame.opcode == Opcode::Text,
            is_compressed: frame.is_compressed,
            bytes,
            checked: 0,
        }));
    }

    /// Returns the place for the rest of a large frame, to read into it without another copy. After a read of `n`
    /// bytes, call [`filled`](Self::filled).
    pub(crate) fn direct(&mut self) -> Option<Limit<&mut BytesMut>> {
        let frame = self.frame.as_ref()?;
        let message = self.message.as_mut()?;
        if frame.opcode.is_control() || frame.missing < DIRECT as u64 {
            return None;
        }
        let missing = usize::try_from(frame.missing).unwrap_or(usize::MAX);
        let bytes = &mut message.bytes;
        if bytes.capacity() == bytes.len() {
            bytes.reserve(missing.min(RESERVED.max(3 * bytes.len())) + SLACK);
        }
        Some(bytes.limit(missing.saturating_add(SLACK)))
    }

    /// Takes the `n` bytes that were read into [`direct`](Self::direct). Returns those behind the frame, which are to be
    /// decoded next, and the event that the frame completes.
    pub(crate) fn filled(&mut self, n: usize) -> Result<(BytesMut, Option<Event>), Fault> {
        let (Some(frame), Some(message)) = (&mut self.frame, &mut self.message) else {
            return Ok((BytesMut::new(), None));
        };
        let start = message.bytes.len() - n;
        let len = n.min(usize::try_from(frame.missing).unwrap_or(usize::MAX));
        let rest = BytesMut::from(&message.bytes[start + len..]);
        message.bytes.truncate(start + len);
        frame.mask = unmask(frame.mask, &mut message.bytes[start..]);
        frame.missing -= len as u64;
        Ok((rest, self.take(&[])?))
    }
}
