//! Framing guard: where each HTTP/1.1 request ends, read strictly beside hyper.
//!
//! hyper reads chunked bodies leniently. After a bare LF in the trailer section it takes the next
//! request for a part of it (hyper 1.12), so that behind a proxy one client gets the response to
//! another's request. The guard sits between the socket and hyper and enforces:
//!
//! 1. hyper gets no byte behind a head before it has claimed that head as a request, unless the
//!    head has a valid Content-Length, which hyper has to confirm. So the start and the framing of
//!    each body come from hyper itself.
//! 2. A body's framing passes only as far as it is valid (RFC 9112, 7.1). So hyper cannot end a
//!    body anywhere else.
//! 3. hyper claims as many requests as heads have passed, one by one. A request that the guard has
//!    not seen is refused in the service adapter; a head that hyper does not claim ends the
//!    connection.
//!
//! Most requests arrive alone and have no body. They cost one vectorized pass over the head.

mod chunked;
mod claims;
mod head;

use std::{error::Error, fmt, io};

pub(crate) use claims::{Claims, Framing};

use chunked::ChunkedReader;
use claims::Claim;
use head::HeadReader;

/// Takes the place of a bare LF in a head: hyper accepts NUL nowhere, so it answers 400 in its
/// turn, behind the responses to earlier requests, and closes.
pub(crate) const INVALID_HEAD: &[u8] = b"\0\r\n\r\n";

/// hyper and the guard disagree; no case of it is known.
const HEADS_DIFFER: &str = "hyper does not find the heads that the framing guard finds";

/// Reads along with hyper. See the [module](self).
#[derive(Debug)]
pub(crate) struct Guard(State);

#[derive(Debug)]
enum State {
    /// A head is expected or incomplete.
    Head(HeadReader),
    /// A whole head has passed, with so many bytes of its body, and hyper is to claim it.
    Passed {
        body: u64,
    },
    /// So much of a body has yet to come.
    Length(u64),
    Chunked {
        reader: ChunkedReader,
        read: u64,
    },
    Refused(Malformed),
    /// HTTP/2, or an upgraded connection.
    Off,
}

/// The guard's decision about received bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// So many pass; the others wait until hyper reads again.
    Pass(usize),
    /// So many pass, and [`INVALID_HEAD`] instead of the rest.
    RefuseHead(usize),
    /// So many pass; then reading fails.
    Refuse(usize, Malformed),
}

/// The framing of an HTTP/1.1 request is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    fault: &'static str,
    /// Where in the body, if it is there.
    at: Option<u64>,
}

impl Guard {
    pub(crate) fn new() -> Self {
        Self(State::Head(HeadReader::default()))
    }

    /// For a connection that does not speak HTTP/1.1.
    pub(crate) fn off() -> Self {
        Self(State::Off)
    }

    /// Why nothing passes any more.
    pub(crate) fn fault(&self) -> Option<Malformed> {
        match self.0 {
            State::Refused(fault) => Some(fault),
            _ => None,
        }
    }

    /// Judges the next bytes. The caller passes the bytes that are held back again later.
    pub(crate) fn judge(&mut self, bytes: &[u8], claims: &Claims) -> Verdict {
        self.settle(claims);
        let mut passed = 0;
        // Bytes behind a head that hyper has to claim are held back.
        while passed < bytes.len() && !matches!(self.0, State::Passed { .. }) {
            match self.read(&bytes[passed..], claims) {
                Verdict::Pass(more) => passed += more,
                Verdict::RefuseHead(more) => return Verdict::RefuseHead(passed + more),
                Verdict::Refuse(more, fault) => return Verdict::Refuse(passed + more, fault),
            }
        }
        Verdict::Pass(passed)
    }

    /// Judges the next bytes, up to a change of the state.
    fn read(&mut self, bytes: &[u8], claims: &Claims) -> Verdict {
        match &mut self.0 {
            State::Head(reader) => match reader.read(bytes) {
                None => Verdict::Pass(bytes.len()),
                Some(head::Event::End(end)) => {
                    let stated = reader.stated_length();
                    let behind = bytes.len() - end;
                    Verdict::Pass(end + self.end_head(stated, behind, claims))
                }
                Some(head::Event::BareLf(at)) => {
                    self.refuse("a line of the head ends in a bare LF", None);
                    Verdict::RefuseHead(at)
                }
            },
            State::Length(left) => {
                let taken = (bytes.len() as u64).min(*left);
                *left -= taken;
                if *left == 0 {
                    *self = Self::new();
                }
                // At most the length of a slice.
                Verdict::Pass(taken as usize)
            }
            State::Chunked { reader, read } => match reader.read(bytes) {
                None => {
                    *read += bytes.len() as u64;
                    Verdict::Pass(bytes.len())
                }
                Some(chunked::Event::End(end)) => {
                    *self = Self::new();
                    Verdict::Pass(end)
                }
                Some(chunked::Event::Fault(at, fault)) => {
                    let place = *read + at as u64;
                    Verdict::Refuse(at, self.refuse(fault, Some(place)))
                }
            },
            State::Passed { .. } => unreachable!("settled first, and nothing is read after it"),
            State::Refused(fault) => Verdict::Refuse(0, *fault),
            State::Off => Verdict::Pass(bytes.len()),
        }
    }

    /// Ends a head that `behind` bytes follow; returns how many of these pass with it, as a part of
    /// its body.
    fn end_head(&mut self, stated: Option<u64>, behind: usize, claims: &Claims) -> usize {
        if stated == Some(0) && behind > 0 {
            claims.expect_bodyless();
            *self = Self::new();
            return 0;
        }
        // hyper overrules a length by a coding, which matters only where bytes follow.
        let length = stated.filter(|length| (1..=*length).contains(&(behind as u64)));
        claims.expect(length);
        let body = length.map_or(0, |_| behind);
        self.0 = State::Passed { body: body as u64 };
        body
    }

    /// Goes on from what hyper has made of the last head.
    fn settle(&mut self, claims: &Claims) {
        if claims.is_upgraded() {
            *self = Self::off();
            return;
        }
        if claims.has_bodyless() {
            self.refuse(HEADS_DIFFER, None);
            return;
        }
        let State::Passed { body } = self.0 else {
            return;
        };
        match claims.take() {
            Claim::Upgraded => *self = Self::off(),
            Claim::Request(Framing::Length(length)) => {
                // More cannot have passed: hyper claimed the length that was expected.
                self.0 = State::Length(length.saturating_sub(body));
                if length <= body {
                    *self = Self::new();
                }
            }
            Claim::Request(Framing::Chunked) => {
                self.0 = State::Chunked {
                    reader: ChunkedReader::new(),
                    read: 0,
                };
            }
            Claim::Missing => {
                self.refuse(HEADS_DIFFER, None);
            }
        }
    }

    fn refuse(&mut self, fault: &'static str, at: Option<u64>) -> Malformed {
        let fault = Malformed { fault, at };
        self.0 = State::Refused(fault);
        fault
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.fault)?;
        self.at
            .iter()
            .try_for_each(|at| write!(f, " (byte {at} of the chunked body)"))
    }
}

impl Error for Malformed {}

impl From<Malformed> for io::Error {
    fn from(fault: Malformed) -> Self {
        Self::new(io::ErrorKind::InvalidData, fault)
    }
}
