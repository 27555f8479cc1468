//! `AddressError`: a text that is no address.

use std::{error::Error as StdError, fmt, io};

/// A text or a path that is no address to listen on.
#[derive(Debug)]
pub struct AddressError {
    text: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Malformed,
    Unresolved(io::Error),
    TooLong { length: usize, limit: usize },
    NoUnixSockets,
}

impl AddressError {
    pub(crate) fn malformed(text: &str) -> Self {
        Self::new(text, Kind::Malformed)
    }

    pub(crate) fn unresolved(text: &str, source: io::Error) -> Self {
        Self::new(text, Kind::Unresolved(source))
    }

    pub(crate) fn too_long(text: &str, length: usize, limit: usize) -> Self {
        Self::new(text, Kind::TooLong { length, limit })
    }

    pub(crate) fn no_unix_sockets(text: &str) -> Self {
        Self::new(text, Kind::NoUnixSockets)
    }

    fn new(text: &str, kind: Kind) -> Self {
        let text = text.to_owned();
        Self { text, kind }
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        match self.kind {
            Kind::Malformed => write!(
                f,
                "{text:?} is not an address: expected a port, HOST:PORT or unix:PATH"
            ),
            Kind::Unresolved(_) => write!(f, "no address found for {text:?}"),
            Kind::TooLong { length, limit } => write!(
                f,
                "{text:?} is too long: the path has {length} bytes, and a unix socket's at most {limit}"
            ),
            Kind::NoUnixSockets => write!(
                f,
                "{text:?} is a unix socket, which this system does not have: use HOST:PORT"
            ),
        }
    }
}

impl StdError for AddressError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.kind {
            Kind::Unresolved(source) => Some(source),
            Kind::Malformed | Kind::TooLong { .. } | Kind::NoUnixSockets => None,
        }
    }
}
