//! The agreement between the framing guard and hyper, head by head.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Where the body of a request ends, as hyper reads its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// `Content-Length`; 0 where there is no body.
    Length(u64),
    Chunked,
}

/// The heads that the guard has passed, and the requests that hyper has claimed.
///
/// One task drives an HTTP/1.1 connection, so nothing here orders other memory: all is `Relaxed`.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// The head that the guard has let pass and hyper has not claimed: none, any, or one with a
    /// body of this length.
    due: AtomicU64,
    /// How many heads without a body have passed before that one, and are not claimed.
    bodyless: AtomicU64,
    /// The framing of the request that hyper has claimed since.
    claimed: AtomicU64,
}

const NONE: u64 = 0;
/// A head with a body of any framing.
const ANY: u64 = u64::MAX;
const CHUNKED: u64 = u64::MAX - 1;
/// No more HTTP/1.1 comes: the connection was upgraded.
const TUNNEL: u64 = u64::MAX;

/// The request that hyper claimed for the head that the guard passed last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    Request(Framing),
    Upgraded,
    /// It has made no request of it, and wants to read on.
    Missing,
}

impl Claims {
    /// hyper has read a request; false if the guard has not seen its head end, or with another
    /// body.
    pub(crate) fn claim(&self, framing: Framing) -> bool {
        let code = code(framing);
        let bodyless = self.bodyless.load(Relaxed);
        if bodyless > 0 {
            self.bodyless.store(bodyless - 1, Relaxed);
            return framing == Framing::Length(0);
        }
        let due = self.due.load(Relaxed);
        self.due.store(NONE, Relaxed);
        self.claimed.store(code, Relaxed);
        due == ANY || due == code
    }

    /// The response switches protocols: what follows is not HTTP/1.1.
    pub(crate) fn upgrade(&self) {
        self.claimed.store(TUNNEL, Relaxed);
    }

    /// Whether the last response switched protocols.
    pub(crate) fn is_upgraded(&self) -> bool {
        self.claimed.load(Relaxed) == TUNNEL
    }

    /// A whole head is passed to hyper, with bytes of its body only if its length is known.
    pub(super) fn expect(&self, length: Option<u64>) {
        let due = length.map_or(ANY, |length| code(Framing::Length(length)));
        self.due.store(due, Relaxed);
    }

    /// A whole head without a body is passed to hyper, and another follows it.
    pub(super) fn expect_bodyless(&self) {
        let bodyless = self.bodyless.load(Relaxed);
        self.bodyless.store(bodyless + 1, Relaxed);
    }

    /// Whether hyper has the whole head of another request, which it has not claimed.
    pub(crate) fn has_next(&self) -> bool {
        self.due.load(Relaxed) != NONE || self.has_bodyless()
    }

    /// Whether hyper has not claimed all the heads without a body that were followed by others.
    pub(super) fn has_bodyless(&self) -> bool {
        self.bodyless.load(Relaxed) > 0
    }

    /// Takes hyper's claim of the head that was passed last.
    pub(super) fn take(&self) -> Claim {
        let claim = match self.claimed.load(Relaxed) {
            NONE => Claim::Missing,
            TUNNEL => return Claim::Upgraded,
            CHUNKED => Claim::Request(Framing::Chunked),
            length => Claim::Request(Framing::Length(length - 1)),
        };
        self.claimed.store(NONE, Relaxed);
        claim
    }
}

/// Never `NONE`. Lengths end far below the other codes, since no body is so long.
fn code(framing: Framing) -> u64 {
    match framing {
        Framing::Length(length) => length.min(CHUNKED - 2) + 1,
        Framing::Chunked => CHUNKED,
    }
}
