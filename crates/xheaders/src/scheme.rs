//! The scheme of a request: `http` or `https`.

use std::fmt;

/// The scheme of the URL that a client requested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// `http`, and `ws`.
    #[default]
    Http,
    /// `https`, and `wss`.
    Https,
}

impl Scheme {
    /// Returns `"http"` or `"https"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// Returns the port of URLs without an explicit port.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// Parses the scheme in a header. Traefik sends `wss` for WebSockets.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is = |scheme| text.eq_ignore_ascii_case(scheme);
        if is("https") || is("wss") {
            Some(Self::Https)
        } else if is("http") || is("ws") {
            Some(Self::Http)
        } else {
            None
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
