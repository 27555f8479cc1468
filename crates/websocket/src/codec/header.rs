//! Frame headers (RFC 6455, section 5.2).

use super::Fault;

/// The kind of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the RFC's opcodes; the others are faults"
)]
pub enum Opcode {
    /// A fragment of a message after its first one.
    Continuation,
    /// A text message, or its first fragment.
    Text,
    /// A binary message, or its first fragment.
    Binary,
    /// The close frame.
    Close,
    /// A ping.
    Ping,
    /// A pong.
    Pong,
}

impl Opcode {
    /// Returns whether it is a control frame: close, ping or pong.
    #[must_use]
    pub fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    fn parse(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }
}

/// The header of a client's frame, which always has a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameHeader {
    /// Whether it is the last fragment of its message.
    pub is_final: bool,
    /// The first reserved bit, which marks a compressed message (RFC 7692, section 6).
    pub rsv1: bool,
    /// The kind of the frame.
    pub opcode: Opcode,
    /// The mask of the payload.
    pub mask: [u8; 4],
    /// The length of the payload in bytes, at most 2⁶³ − 1.
    pub length: u64,
}

impl FrameHeader {
    /// The longest header in bytes.
    pub const MAX_LEN: usize = 14;

    /// Parses the header of a client's frame at the start of the bytes; returns it with its length, or `None` if
    /// more bytes are needed.
    ///
    /// # Errors
    ///
    /// As soon as the bytes cannot become a valid header of a client.
    ///
    /// # Examples
    ///
    /// ```
    /// use squall_websocket::codec::{FrameHeader, Opcode};
    ///
    /// let bytes = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    /// let (header, len) = FrameHeader::parse(bytes)?.expect("it is whole");
    /// assert_eq!((header.opcode, header.length, len), (Opcode::Text, 5, 6));
    /// # Ok::<(), squall_websocket::codec::Fault>(())
    /// ```
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Fault> {
        let [first, rest @ ..] = bytes else {
            return Ok(None);
        };
        if first & 0b0011_0000 != 0 {
            return Err(Fault::ReservedBits);
        }
        let opcode = Opcode::parse(first & 0x0f).ok_or(Fault::ReservedOpcode)?;
        let (is_final, rsv1) = (first & 0x80 != 0, first & 0x40 != 0);
        if opcode.is_control() {
            if rsv1 {
                return Err(Fault::ReservedBits);
            }
            if !is_final {
                return Err(Fault::FragmentedControl);
            }
        }
        let [second, rest @ ..] = rest else {
            return Ok(None);
        };
        if second & 0x80 == 0 {
            return Err(Fault::Unmasked);
        }
        let (length, rest) = match second & 0x7f {
            126 | 127 if opcode.is_control() => return Err(Fault::LongControl),
            126 => {
                let Some((length, rest)) = rest.split_first_chunk() else {
                    return Ok(None);
                };
                (u64::from(u16::from_be_bytes(*length)), rest)
            }
            127 => {
                let Some((length, rest)) = rest.split_first_chunk() else {
                    return Ok(None);
                };
                (u64::from_be_bytes(*length), rest)
            }
            short => (u64::from(short), rest),
        };
        let is_minimal = match second & 0x7f {
            126 => length > 125,
            127 => length > u64::from(u16::MAX) && length < 1 << 63,
            _ => true,
        };
        if !is_minimal {
            return Err(Fault::Length);
        }
        let Some((mask, rest)) = rest.split_first_chunk() else {
            return Ok(None);
        };
        let header = Self {
            is_final,
            rsv1,
            opcode,
            mask: *mask,
            length,
        };
        Ok(Some((header, bytes.len() - rest.len())))
    }
}

/// Encodes the header of a server's frame, which is final and has no mask; returns it with its length.
#[must_use]
pub fn encode_header(opcode: Opcode, rsv1: bool, length: usize) -> ([u8; 10], usize) {
    let mut bytes = [0; 10];
    bytes[0] = 0x80 | if rsv1 { 0x40 } else { 0 } | opcode.bits();
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ ..=125), _) => {
            bytes[1] = length;
            (bytes, 2)
        }
        (_, Ok(length)) => {
            bytes[1] = 126;
            bytes[2..4].copy_from_slice(&length.to_be_bytes());
            (bytes, 4)
        }
        _ => {
            bytes[1] = 127;
            bytes[2..].copy_from_slice(&(length as u64).to_be_bytes());
            (bytes, 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults() {
        let long = |length: u64| [&[0x82, 0xff][..], &length.to_be_bytes(), &[0; 4]].concat();
        for (bytes, fault) in [
            (vec![0xa1], Fault::ReservedBits),
            (vec![0x91], Fault::ReservedBits),
            (vec![0xb1], Fault::ReservedBits),
            // A compressed control frame (RFC 7692, section 6.1).
            (vec![0xc8], Fault::ReservedBits),
            (vec![0xc9], Fault::ReservedBits),
            (vec![0xca], Fault::ReservedBits),
            (vec![0x83], Fault::ReservedOpcode),
            (vec![0x87], Fault::ReservedOpcode),
            (vec![0x8b], Fault::ReservedOpcode),
            (vec![0x8f], Fault::ReservedOpcode),
            (vec![0x08], Fault::FragmentedControl),
            (vec![0x09], Fault::FragmentedControl),
            (vec![0x0a], Fault::FragmentedControl),
            (vec![0x81, 0x00], Fault::Unmasked),
            (vec![0x81, 0x05], Fault::Unmasked),
            (vec![0x89, 0x7e], Fault::Unmasked),
            (vec![0x88, 0xfe], Fault::LongControl),
            (vec![0x89, 0xfe], Fault::LongControl),
            (vec![0x8a, 0xff], Fault::LongControl),
            (vec![0x82, 0xfe, 0, 0], Fault::Length),
            (vec![0x82, 0xfe, 0, 125], Fault::Length),
            (long(0), Fault::Length),
            (long(125), Fault::Length),
            (long(65_535), Fault::Length),
            (long(1 << 63), Fault::Length),
            (long(u64::MAX), Fault::Length),
        ] {
            assert_eq!(FrameHeader::parse(&bytes), Err(fault), "{bytes:x?}");
            for end in 0..bytes.len() {
                let parsed = FrameHeader::parse(&bytes[..end]);
                assert!(
                    parsed == Ok(None) || parsed == Err(fault),
                    "{bytes:x?} to {end}"
                );
            }
        }
    }

    #[test]
    fn lengths_at_each_boundary() {
        for (length, wanted) in [
            (0, 6),
            (125, 6),
            (126, 8),
            (65_535, 8),
            (65_536, 14),
            ((1 << 31) - 1, 14),
        ] {
            let (mut bytes, len) = encode_header(Opcode::Binary, true, length);
            bytes[1] |= 0x80;
            let bytes = [&bytes[..len], &[1, 2, 3, 4]].concat();
            let (header, len) = FrameHeader::parse(&bytes).unwrap().unwrap();
            assert_eq!(len, wanted, "{length}");
            assert_eq!(header.length, length as u64);
            assert_eq!((header.opcode, header.rsv1), (Opcode::Binary, true));
            assert_eq!((header.mask, header.is_final), ([1, 2, 3, 4], true));
            for end in 0..len {
                assert_eq!(
                    FrameHeader::parse(&bytes[..end]),
                    Ok(None),
                    "{length} to {end}"
                );
            }
        }
        // The largest length that the RFC has.
        let bytes = [&[0x02, 0xff, 0x7f][..], &[0xff; 7], &[0; 4]].concat();
        let (header, _) = FrameHeader::parse(&bytes).unwrap().unwrap();
        assert_eq!((header.length, header.is_final), ((1 << 63) - 1, false));
    }
}
