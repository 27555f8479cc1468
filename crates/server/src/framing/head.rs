//! Where the header section of a request ends: lines that end in CRLF, the last one empty.

use memchr::{memchr, memchr_iter};

/// Finds the end of one head.
#[derive(Debug, Default)]
pub(super) struct HeadReader {
    /// Whether a line that is not empty was read. Empty ones before it are skipped (RFC 9112, 2.2).
    begun: bool,
    /// The number of bytes of the unfinished line.
    line: usize,
    ends_in_cr: bool,
    length: Length,
}

/// The body's length, by the lines of the head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Length {
    #[default]
    Unstated,
    Stated(u64),
    Unclear,
}

/// Where in the bytes that were read something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The head ends before this index.
    End(usize),
    /// An LF at this index follows no CR. RFC 9112, 2.2, allows to take it for the end of a line. A
    /// proxy that does not would pass on in one field what is two here.
    BareLf(usize),
}

/// So many bytes are checked at once, which the compiler turns into vector instructions.
const BLOCK: usize = 32;

impl HeadReader {
    /// Reads the next bytes; `None` if all of them belong to the head and it goes on.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Option<Event> {
        let is_at_start = !self.begun && self.line == 0;
        if is_at_start && is_one_head(bytes) {
            // Where no byte follows, the body's length does not matter.
            self.length = Length::Unclear;
            return Some(Event::End(bytes.len()));
        }
        self.read_lines(bytes)
    }

    fn read_lines(&mut self, bytes: &[u8]) -> Option<Event> {
        let mut start = 0;
        for lf in memchr_iter(b'\n', bytes) {
            let has_cr = match lf.checked_sub(1) {
                Some(before) => bytes[before] == b'\r',
                None => self.ends_in_cr,
            };
            if !has_cr {
                return Some(Event::BareLf(lf));
            }
            // Without its CR.
            if self.line + lf - start > 1 {
                self.begun = true;
                if self.line == 0 {
                    self.note_length(&bytes[start..lf - 1]);
                } else {
                    self.length = Length::Unclear;
                }
            } else if self.begun {
                return Some(Event::End(lf + 1));
            }
            (self.line, start) = (0, lf + 1);
        }
        self.line += bytes.len() - start;
        if let Some(last) = bytes.last() {
            self.ends_in_cr = *last == b'\r';
        }
        None
    }

    /// Returns the length of the body, as far as the lines state it clearly. It is unclear of a head
    /// that came in parts of lines, and of one that no bytes follow.
    pub(super) fn stated_length(&self) -> Option<u64> {
        match self.length {
            Length::Stated(length) => Some(length),
            Length::Unstated => Some(0),
            Length::Unclear => None,
        }
    }

    /// Takes note of a line that states how long the body is.
    fn note_length(&mut self, line: &[u8]) {
        if line.starts_with(b"PRI ") {
            // Whole, the preface of HTTP/2 would switch hyper's protocol (RFC 9113, 3.4).
            self.length = Length::Unclear;
            return;
        }
        // Few lines begin with one of these, which spares most a search.
        if !matches!(line[0] | 0x20, b'c' | b't' | b'u') {
            return;
        }
        let Some(colon) = memchr(b':', line) else {
            return;
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            let is_number = value.len() <= 18 && value.iter().all(u8::is_ascii_digit);
            let number = str::from_utf8(value)
                .ok()
                .and_then(|text| text.parse().ok());
            self.length = match (self.length, number) {
                (Length::Unstated, Some(number)) if is_number => Length::Stated(number),
                _ => Length::Unclear,
            };
        } else if name.eq_ignore_ascii_case(b"transfer-encoding")
            || name.eq_ignore_ascii_case(b"upgrade")
        {
            // hyper decides, before it gets what follows.
            self.length = Length::Unclear;
        }
    }
}

/// Whether the bytes are a head from its first line to its end, as in most reads. The search by
/// lines costs several times as much. False for a head that begins with an empty line or is very
/// short.
fn is_one_head(bytes: &[u8]) -> bool {
    // A chunked body that came with its head has the same end.
    let ends_head = bytes.ends_with(b"\r\n\r\n") && !bytes.ends_with(b"\n0\r\n\r\n");
    if !ends_head || bytes.len() < BLOCK + 3 || bytes[..2].contains(&b'\n') {
        return false;
    }
    // Without the last LF, which ends the head.
    let bytes = &bytes[..bytes.len() - 1];
    let last = bytes.len() - BLOCK - 2;
    // The last block overlaps the one before it.
    let mut starts = (0..last).step_by(BLOCK).chain([last]);
    starts.all(|start| {
        let block = bytes[start..].first_chunk::<{ BLOCK + 2 }>();
        block.is_some_and(|block| {
            // An LF without a CR before it, or with only a CR since the last LF.
            !(0..BLOCK).fold(false, |found, at| {
                let [first, second, third] = [block[at], block[at + 1], block[at + 2]];
                found | (third == b'\n') & ((second != b'\r') | (first == b'\n'))
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestRunner};

    use super::{BLOCK, Event, HeadReader, is_one_head};

    /// The event of the bytes at once, and the same in pieces of any size.
    fn read(bytes: &[u8]) -> Option<Event> {
        let whole = HeadReader::default().read(bytes);
        for size in 1..bytes.len() {
            let mut reader = HeadReader::default();
            let mut chunks = bytes.chunks(size).enumerate();
            let event = chunks.find_map(|(i, chunk)| {
                Some(match reader.read(chunk)? {
                    Event::End(at) => Event::End(i * size + at),
                    Event::BareLf(at) => Event::BareLf(i * size + at),
                })
            });
            assert_eq!(event, whole, "{:?} by {size}", bytes.escape_ascii());
        }
        whole
    }

    #[test]
    fn a_head_ends_with_the_first_empty_line_that_is_not_its_first() {
        for (bytes, end) in [
            (&b"GET / HTTP/1.1\r\n\r\n"[..], 18),
            (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27),
            (b"G\r\n\r\n", 5),
            (b"\r\n\r\nG\r\n\r\n", 9),
            (b"\r\nG\r\n\r\nGET / HTTP/1.1\r\n\r\n", 7),
            (b"G\r\n\r\n\r\n", 5),
            (b"G\r\rH\r\n\r\n", 8),
            (b"G\r\n\r\nbody\nwith lines\r\n\r\n", 5),
        ] {
            assert_eq!(
                read(bytes),
                Some(Event::End(end)),
                "{:?}",
                bytes.escape_ascii()
            );
        }
        for bytes in [
            &b""[..],
            b"\r\n",
            b"\r\n\r\n",
            b"G\r\n",
            b"G\r\n\r",
            b"G\r\nH\r\n",
        ] {
            assert_eq!(read(bytes), None, "{:?}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_bare_line_feed_is_found_wherever_it_stands() {
        for bytes in [
            &b"\n"[..],
            b"\r\n\n",
            b"G\n",
            b"GET / HTTP/1.1\n",
            b"GET / HTTP/1.1\r\n\n",
            b"GET / HTTP/1.1\r\nHost: a\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n\n",
            b"GET / HTTP/1.1\r\nHost:\r\r\nA: b\n",
        ] {
            let followed = [bytes, b"\r\n\r\n"].concat();
            assert_eq!(read(&followed), Some(Event::BareLf(bytes.len() - 1)));
        }
    }

    #[test]
    fn the_search_in_blocks_agrees_with_the_search_by_lines() {
        let part = select(&["a", "aaaaaaa", "\r\n", "\r\n", "\r", "\n", "\r\n\r\n"][..]);
        let head = vec(part, 1..60).prop_map(|parts| parts.concat() + "a\r\n\r\n");
        let run = TestRunner::default().run(&head, |head| {
            let event = HeadReader::default().read_lines(head.as_bytes());
            prop_assert_eq!(HeadReader::default().read(head.as_bytes()), event);
            if is_one_head(head.as_bytes()) {
                prop_assert_eq!(event, Some(Event::End(head.len())));
            }
            Ok(())
        });
        run.unwrap();
    }

    #[test]
    fn lone_head_is_recognized_wherever_others_differ() {
        for length in BLOCK + 3..3 * BLOCK {
            let head = "a".repeat(length - 4) + "\r\n\r\n";
            assert!(is_one_head(head.as_bytes()), "{length}");
            for at in 0..length - 4 {
                let mut bytes = head.clone().into_bytes();
                bytes[at] = b'\n';
                assert!(!is_one_head(&bytes), "a bare LF at {at} of {length}");
                if at > 2 {
                    bytes[at - 3..=at].copy_from_slice(b"\r\n\r\n");
                    assert!(!is_one_head(&bytes), "an earlier end at {at} of {length}");
                }
            }
        }
    }

    #[test]
    fn a_length_is_stated_once_or_not_at_all() {
        for (lines, length) in [
            ("A: b", Some(0)),
            ("Content-Length: 5", Some(5)),
            ("CONTENT-length:\t005 \r\nA: b", Some(5)),
            ("Content-Length: 5\r\nContent-Length: 5", None),
            ("Content-Length: +5", None),
            ("Content-Length: 5, 5", None),
            ("Content-Length:", None),
            ("Content-Length : 5", Some(0)),
            ("Content-Length: 1234567890123456789", None),
            ("Content-Length: 5\r\nTransfer-Encoding: chunked", None),
            ("Transfer-Encoding: x\r\nContent-Length: 5", None),
            ("Upgrade: websocket", None),
        ] {
            let mut reader = HeadReader::default();
            let head = format!("POST / HTTP/1.1\r\n{lines}\r\n\r\n");
            let event = reader.read((head.clone() + "x").as_bytes());
            assert_eq!(event, Some(Event::End(head.len())));
            assert_eq!(reader.stated_length(), length, "{lines:?}");
        }
        let mut reader = HeadReader::default();
        reader.read(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        assert_eq!(reader.stated_length(), None, "the preface of HTTP/2");
        let mut reader = HeadReader::default();
        reader.read(b"POST / HTTP/1.1\r\nContent-");
        reader.read(b"Length: 5\r\n\r\n");
        assert_eq!(reader.stated_length(), None, "unknown, as it came in two");
    }
}
