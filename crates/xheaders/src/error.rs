//! Forwarding headers that contradict each other.

use std::{error::Error, fmt};

use crate::Header;

/// Two headers of a trusted proxy that cannot both be true: one of them is likely the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contradiction(pub(crate) [Header; 2]);

impl Contradiction {
    /// Returns the two headers.
    #[must_use]
    pub fn headers(&self) -> [Header; 2] {
        self.0
    }
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} contradicts {}", self.0[1], self.0[0])
    }
}

impl Error for Contradiction {}
