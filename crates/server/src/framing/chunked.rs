//! Chunked transfer coding: a strict incremental reader of its framing (RFC 9112, 7.1).

/// How many digits a chunk size may have: those of the largest `u64`, leading zeros included.
const MAX_SIZE_DIGITS: u8 = 16;

/// Reads the framing of one chunked body and skips its data.
#[derive(Debug)]
pub(super) struct ChunkedReader {
    state: State,
    /// The size of the chunk, then how much of its data has yet to come.
    size: u64,
    digits: u8,
}

/// The end of the body is at this index, or the byte at this index violates the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    End(usize),
    Fault(usize, &'static str),
}

/// The expected next byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size,
    /// `BWS ";"` after a size or an extension, or the end of the line where no blank came before.
    AfterSize {
        blank: bool,
    },
    BeforeName,
    Name {
        empty: bool,
    },
    AfterName,
    BeforeValue,
    Token,
    Quoted,
    QuotedPair,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLf,
    EndLf,
}

impl ChunkedReader {
    pub(super) fn new() -> Self {
        Self {
            state: State::Size,
            size: 0,
            digits: 0,
        }
    }

    /// Reads the next bytes; `None` if all of them belong to the body and it goes on.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Option<Event> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.state == State::Data {
                let left = (bytes.len() - at) as u64;
                let skipped = self.size.min(left);
                self.size -= skipped;
                // At most the length of a slice.
                at += skipped as usize;
                if self.size == 0 {
                    self.state = State::DataCr;
                }
                continue;
            }
            match self.step(byte) {
                Ok(_) if self.state == State::EndLf && byte == b'\n' => {
                    return Some(Event::End(at + 1));
                }
                Ok(state) => self.state = state,
                Err(fault) => return Some(Event::Fault(at, fault)),
            }
            at += 1;
        }
        None
    }

    /// The state after this byte, which is none of a chunk's data.
    fn step(&mut self, byte: u8) -> Result<State, &'static str> {
        Ok(match (self.state, byte) {
            (State::Size, _) if byte.is_ascii_hexdigit() => {
                if self.digits == MAX_SIZE_DIGITS {
                    return Err("the chunk size is too large");
                }
                self.digits += 1;
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                self.size = self.size << 4 | u64::from(digit);
                State::Size
            }
            (State::Size, _) if self.digits == 0 => return Err("a chunk size is expected"),
            (State::Size | State::AfterSize { blank: false } | State::Token, b'\r') => {
                State::SizeLf
            }
            (State::Name { empty: false }, b'\r') => State::SizeLf,
            (State::Size | State::AfterSize { .. } | State::Token | State::AfterName, b';') => {
                State::BeforeName
            }
            (State::Name { empty: false }, b';') => State::BeforeName,
            (State::Size | State::AfterSize { .. } | State::Token, b' ' | b'\t') => {
                State::AfterSize { blank: true }
            }
            (State::Size | State::AfterSize { .. }, _) => {
                return Err("a chunk size is followed by neither CRLF nor an extension");
            }
            (State::BeforeName, b' ' | b'\t') => State::BeforeName,
            (State::BeforeName | State::Name { .. }, _) if is_token(byte) => {
                State::Name { empty: false }
            }
            (State::Name { empty: false } | State::AfterName, b' ' | b'\t') => State::AfterName,
            (State::Name { empty: false } | State::AfterName, b'=') => State::BeforeValue,
            (State::BeforeName | State::Name { .. } | State::AfterName, _) => {
                return Err("the name of a chunk extension is malformed");
            }
            (State::BeforeValue, b' ' | b'\t') => State::BeforeValue,
            (State::BeforeValue, b'"') => State::Quoted,
            (State::BeforeValue | State::Token, _) if is_token(byte) => State::Token,
            (State::BeforeValue | State::Token, _) => {
                return Err("the value of a chunk extension is malformed");
            }
            (State::Quoted, b'"') => State::AfterSize { blank: false },
            (State::Quoted, b'\\') => State::QuotedPair,
            (State::Quoted | State::QuotedPair, _) if is_text(byte) => State::Quoted,
            (State::Quoted | State::QuotedPair, _) => {
                return Err("the quoted value of a chunk extension is malformed");
            }
            (State::SizeLf, b'\n') => {
                self.digits = 0;
                match self.size {
                    0 => State::TrailerStart,
                    _ => State::Data,
                }
            }
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::Size,
            (State::DataCr | State::DataLf, _) => {
                return Err("the data of a chunk is not followed by CRLF");
            }
            (State::TrailerStart, b'\r') => State::EndLf,
            (State::TrailerName, b':') => State::TrailerValue,
            (State::TrailerStart | State::TrailerName, _) if is_token(byte) => State::TrailerName,
            (State::TrailerStart | State::TrailerName, _) => {
                return Err("the name of a trailer field is malformed");
            }
            (State::TrailerValue, b'\r') => State::TrailerLf,
            (State::TrailerValue, _) if is_text(byte) => State::TrailerValue,
            (State::TrailerValue, _) => return Err("the value of a trailer field is malformed"),
            (State::TrailerLf, b'\n') => State::TrailerStart,
            (State::EndLf, b'\n') => State::EndLf,
            (State::SizeLf | State::TrailerLf | State::EndLf, _) => {
                return Err("a CR is not followed by LF");
            }
            (State::Data, _) => unreachable!("data is skipped, not read"),
        })
    }
}

/// RFC 9110, 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether the byte is allowed in a field value and after a backslash: no control character but a
/// tab.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || byte >= b' ' && byte != 0x7f
}

#[cfg(test)]
mod tests {
    use super::{ChunkedReader, Event};

    /// The event of the bytes at once, and the same in pieces of any size.
    fn read(bytes: &[u8]) -> Option<Event> {
        let whole = ChunkedReader::new().read(bytes);
        for size in 1..bytes.len() {
            let mut reader = ChunkedReader::new();
            let mut chunks = bytes.chunks(size).enumerate();
            let event = chunks.find_map(|(i, chunk)| {
                Some(match reader.read(chunk)? {
                    Event::End(at) => Event::End(i * size + at),
                    Event::Fault(at, fault) => Event::Fault(i * size + at, fault),
                })
            });
            assert_eq!(event, whole, "{:?} by {size}", bytes.escape_ascii());
        }
        whole
    }

    #[test]
    fn a_body_ends_where_the_grammar_ends() {
        for body in [
            &b"0\r\n\r\n"[..],
            b"000\r\n\r\n",
            b"5\r\nhello\r\n0\r\n\r\n",
            b"5\r\n\r\n0\r\n\r\n0\r\n\r\n",
            b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
            b"0;a\r\n\r\n",
            b"0;a=b\r\n\r\n",
            b"0 ; a = b ;c;d=\"e\"\t;f\r\n\r\n",
            b"0;a=\"b\\\"\\\\;\xff\"\r\n\r\n",
            b"0;a=\"\"\r\n\r\n",
            b"0\r\nA: b\r\n\r\n",
            b"0\r\nA:\r\nB: \tc d\xff \r\n\r\n",
        ] {
            let followed = [body, b"G"].concat();
            assert_eq!(read(&followed), Some(Event::End(body.len())));
            assert_eq!(read(&body[..body.len() - 1]), None);
        }
        let mut largest = ChunkedReader::new();
        assert_eq!(
            largest.read(b"ffffffffffffffff\r\nall of this is data"),
            None
        );
    }

    /// The last byte of each is the fault.
    #[test]
    fn the_first_byte_that_violates_the_grammar_is_found() {
        for body in [
            &b"\r"[..],
            b"\n",
            b" ",
            b"+",
            b"-",
            b";",
            b"g",
            b"\xd9",
            b"0x",
            b"0_",
            b"0\n",
            b"0\0",
            b"5 5",
            b"5 \r",
            b"5\t\r",
            b"5\r\r",
            b"5\rh",
            b"00000000000000005",
            b"10000000000000005",
            b"0;\r",
            b"0;\n",
            b"0;;",
            b"0;=",
            b"0;a\n",
            b"0;a\0",
            b"0;a\x7f",
            b"0;a\xff",
            b"0;a\rb",
            b"0;a \r",
            b"0;a b",
            b"0;a=\r",
            b"0;a=;",
            b"0;a=b\n",
            b"0;a=b \r",
            b"0;a=b\"",
            b"0;a=\"b\r",
            b"0;a=\"b\n",
            b"0;a=\"b\0",
            b"0;a=\"b\x7f",
            b"0;a=\"b\\\r",
            b"0;a=\"b\\\n",
            b"0;a=\"b\"c",
            b"0;a=\"b\" \r",
            b"2\r\nab\n",
            b"2\r\nabc",
            b"2\r\nab\r\r",
            b"2\r\nab\r\n\r",
            b"0\r\n\n",
            b"0\r\n\r\r",
            b"0\r\n\rA",
            b"0\r\n ",
            b"0\r\n:",
            b"0\r\n\0",
            b"0\r\nA\r",
            b"0\r\nA\n",
            b"0\r\nA ",
            b"0\r\nA: b\n",
            b"0\r\nA: b\0",
            b"0\r\nA: b\x7f",
            b"0\r\nA: b\rc",
            b"0\r\nA: b\r\n ",
            b"0\r\nA: b\r\n\t",
            b"0\r\nA: b\r\n\n",
        ] {
            let followed = [body, b"\r\n\r\n"].concat();
            assert!(
                matches!(read(&followed), Some(Event::Fault(at, _)) if at == body.len() - 1),
                "{:?}: {:?}",
                body.escape_ascii(),
                read(&followed)
            );
        }
    }
}
