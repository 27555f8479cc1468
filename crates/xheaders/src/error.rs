//! What can be wrong: with the list of trusted proxies, and with what they say.

use std::{error::Error, fmt};

use crate::Header;

/// A text that names no proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The text is neither an address, a network (`10.0.0.0/8`) nor `unix:`. Names are not looked up.
    NotANetwork {
        /// The text as it was given.
        text: String,
    },
    /// The address of a network goes on after the prefix, so either of them is wrong.
    HostBits {
        /// The text as it was given.
        text: String,
        /// The network that has this prefix.
        network: String,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANetwork { text } => write!(
                f,
                "a trusted proxy is an address, a network such as \"10.0.0.0/8\", or \"unix:\", not {text:?}"
            ),
            Self::HostBits { text, network } => write!(
                f,
                "the network of trusted proxies {text:?} has bits after its prefix; did you mean {network:?}?"
            ),
        }
    }
}

impl Error for ConfigError {}

/// Two headers of a trusted proxy that cannot both be true: one of them is likely the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contradiction(pub(crate) [Header; 2]);

impl Contradiction {
    /// The two headers.
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
