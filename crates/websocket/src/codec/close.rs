//! Close frames (RFC 6455, sections 5.5.1 and 7.4).

use super::{CloseCode, Fault};
use crate::Text;

/// The payload of a close frame: a code and a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CloseFrame {
    /// The code.
    pub code: CloseCode,
    /// The reason, for logs; at most 123 bytes.
    pub reason: Text,
}

impl CloseFrame {
    /// Makes a close frame. A reason that is longer than 123 bytes is cut between two characters.
    #[must_use]
    pub fn new(code: CloseCode, reason: &str) -> Self {
        let mut ends = (0..=reason.len().min(123)).rev();
        let end = ends.find(|&end| reason.is_char_boundary(end));
        let reason = &reason[..end.unwrap_or(0)];
        Self {
            code,
            reason: Text::from(reason),
        }
    }

    /// Parses the payload of a close frame; an empty one has no code, and is `None`.
    ///
    /// # Errors
    ///
    /// A payload of 1 byte, a code that may not be sent, and a reason that is not UTF-8.
    pub fn parse(payload: &[u8]) -> Result<Option<Self>, Fault> {
        let Some((code, reason)) = payload.split_first_chunk() else {
            return if payload.is_empty() {
                Ok(None)
            } else {
                Err(Fault::ClosePayload)
            };
        };
        let code = CloseCode::new(u16::from_be_bytes(*code)).ok_or(Fault::CloseCode)?;
        let reason = str::from_utf8(reason).map_err(|_| Fault::Utf8)?;
        Ok(Some(Self::new(code, reason)))
    }

    /// Returns the payload of the frame.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        [&self.code.get().to_be_bytes(), self.reason.as_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads() {
        let longest = [b"\x03\xe8", &[b'a'; 123][..]].concat();
        for (payload, wanted) in [
            (&b""[..], Ok(None)),
            (b"\x03\xe8", Ok(Some((1000, "")))),
            (b"\x03\xe8bye", Ok(Some((1000, "bye")))),
            (b"\x0f\xa0\xc3\xa9", Ok(Some((4000, "é")))),
            // The longest reason: a control frame has 125 bytes.
            (&longest, Ok(Some((1000, &"a".repeat(123))))),
            (b"\x03", Err(Fault::ClosePayload)),
            (b"\0\0", Err(Fault::CloseCode)),
            (b"\x03\xe7", Err(Fault::CloseCode)),
            (b"\x03\xec", Err(Fault::CloseCode)),
            (b"\x03\xed", Err(Fault::CloseCode)),
            (b"\x03\xee", Err(Fault::CloseCode)),
            (b"\x03\xf7", Err(Fault::CloseCode)),
            (b"\x0b\xb7", Err(Fault::CloseCode)),
            (b"\x13\x88", Err(Fault::CloseCode)),
            (b"\xff\xff", Err(Fault::CloseCode)),
            (b"\x03\xe8\xc3", Err(Fault::Utf8)),
            (b"\x03\xe8\xff", Err(Fault::Utf8)),
            (b"\x03\xe8\xed\xa0\x80", Err(Fault::Utf8)),
        ] {
            let parsed = CloseFrame::parse(payload);
            let found = parsed.as_ref().map(|frame| {
                let frame = frame.as_ref()?;
                Some((frame.code.get(), frame.reason.as_str()))
            });
            assert_eq!(found, wanted.as_ref().map(|frame| *frame), "{payload:x?}");
            if let Ok(Some(frame)) = &parsed {
                assert_eq!(frame.payload(), payload);
            }
        }
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let frame = CloseFrame::new(CloseCode::NORMAL, &"é".repeat(100));
        assert_eq!(frame.reason.len(), 122);
        assert_eq!(frame.payload().len(), 124);
    }
}
