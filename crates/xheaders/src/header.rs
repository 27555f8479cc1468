//! The names of the headers, and which of them a request has.

use std::fmt;

use http::{HeaderMap, HeaderName, header};

/// A header in which proxies say whom they speak for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Header {
    /// `Forwarded` (RFC 7239): the client's address, scheme and host, hop by hop.
    Forwarded,
    /// `X-Forwarded-For`: addresses, each hop's after those that it was told.
    XForwardedFor,
    /// `X-Forwarded-Host`: the host that the client asked for.
    XForwardedHost,
    /// `X-Forwarded-Port`: the port that the client asked for.
    XForwardedPort,
    /// `X-Forwarded-Proto`: the scheme that the client used.
    XForwardedProto,
    /// `X-Real-IP`: the address of the last proxy's peer.
    XRealIp,
    /// `X-Scheme`: the scheme that the client used.
    XScheme,
}

/// In the order of [`Header`]'s variants.
static NAMES: [HeaderName; 7] = [
    header::FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-scheme"),
];

impl Header {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static HeaderName {
        &NAMES[self as usize]
    }
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().as_str())
    }
}

/// Which of the headers a request has. Most requests have none, and one look at the names tells.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Found {
    headers: u8,
    /// Whether there is one that is spelt with underscores.
    pub(crate) misspelt: bool,
}

impl Found {
    pub(crate) fn in_headers(headers: &HeaderMap) -> Self {
        let mut found = Self::default();
        for name in headers.keys() {
            let text = name.as_str();
            if !matches!(text.as_bytes(), [b'x' | b'f', ..]) {
                continue;
            }
            match NAMES.iter().position(|known| known == name) {
                Some(at) => found.headers |= 1 << at,
                None => found.misspelt |= is_misspelt(text),
            }
        }
        found
    }

    pub(crate) fn has(self, header: Header) -> bool {
        self.headers & 1 << header as u8 != 0
    }
}

/// Takes out headers whose names are spelt with underscores, such as `x_real_ip`: whoever turns names
/// into variables, as CGI and WSGI do, could not tell them from the others.
pub(crate) fn remove_misspelt(headers: &mut HeaderMap) {
    let misspelt: Vec<HeaderName> = headers
        .keys()
        .filter(|name| is_misspelt(name.as_str()))
        .cloned()
        .collect();
    for name in misspelt {
        headers.remove(name);
    }
}

fn is_misspelt(name: &str) -> bool {
    let hyphenated = |byte| if byte == b'_' { b'-' } else { byte };
    name.contains('_')
        && NAMES
            .iter()
            .any(|known| name.bytes().map(hyphenated).eq(known.as_str().bytes()))
}
