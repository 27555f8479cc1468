//! Forwarding headers: their names, what each carries, and which of them a request has.

use std::fmt;

use http::{HeaderMap, HeaderName};

/// The content of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Elements with addresses, schemes and hosts, one for each hop.
    Elements,
    /// Addresses, one for each hop.
    Chain,
    /// The address of the last proxy's peer.
    PeerAddress,
    /// The address of the client, set at the edge of a network and passed on from there.
    ClientAddress,
    Scheme,
    Host,
    Port,
}

/// Declares [`Header`] and its table, so that a new header is one line.
macro_rules! headers {
    ($($(#[$doc:meta])* $variant:ident = $name:literal: $kind:ident,)*) => {
        /// A header in which proxies name their client.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Header {
            $($(#[$doc])* $variant,)*
        }

        /// In the order of [`Header`]'s variants.
        static NAMES: [HeaderName; Header::ALL.len()] =
            [$(HeaderName::from_static($name)),*];

        impl Header {
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),*];

            pub(crate) fn kind(self) -> Kind {
                match self {
                    $(Self::$variant => Kind::$kind,)*
                }
            }
        }

        /// A bit for each letter that a name begins with.
        const FIRST_LETTERS: u32 = 0 $(| 1 << ($name.as_bytes()[0] - b'a'))*;
    };
}

headers! {
    /// `CF-Connecting-IP`: the client's address, set by Cloudflare.
    CfConnectingIp = "cf-connecting-ip": ClientAddress,
    /// `Fastly-Client-IP`: the client's address, set by Fastly.
    FastlyClientIp = "fastly-client-ip": ClientAddress,
    /// `Forwarded` (RFC 7239): the client's address, scheme and host, hop by hop.
    Forwarded = "forwarded": Elements,
    /// `True-Client-IP`: the client's address, set by Akamai, and by Cloudflare where it is
    /// switched on.
    TrueClientIp = "true-client-ip": ClientAddress,
    /// `X-Client-IP`: the client's address, as some balancers are configured to set it.
    XClientIp = "x-client-ip": ClientAddress,
    /// `X-Forwarded-For`: addresses; each proxy appends that of its peer.
    XForwardedFor = "x-forwarded-for": Chain,
    /// `X-Forwarded-Host`: the host of the client's request.
    XForwardedHost = "x-forwarded-host": Host,
    /// `X-Forwarded-Port`: the port of the client's request.
    XForwardedPort = "x-forwarded-port": Port,
    /// `X-Forwarded-Proto`: the scheme of the client's request.
    XForwardedProto = "x-forwarded-proto": Scheme,
    /// `X-Real-IP`: the address of the last proxy's peer.
    XRealIp = "x-real-ip": PeerAddress,
    /// `X-Scheme`: the scheme of the client's request.
    XScheme = "x-scheme": Scheme,
}

impl Header {
    /// Returns the header's name.
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

/// The forwarding headers that a request has, found in one pass over its names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FoundHeaders {
    bits: u32,
    /// Whether a name is spelt with underscores.
    pub(crate) misspelt: bool,
}

const _: () = assert!(Header::ALL.len() <= u32::BITS as usize);

impl FoundHeaders {
    pub(crate) fn in_headers(headers: &HeaderMap) -> Self {
        let mut found = Self::default();
        for name in headers.keys() {
            if !may_be_known(name.as_str()) {
                continue;
            }
            match NAMES.iter().position(|known| known == name) {
                Some(at) => found.bits |= 1 << at,
                None => found.misspelt |= is_misspelt(name.as_str()),
            }
        }
        found
    }

    pub(crate) fn has(self, header: Header) -> bool {
        self.bits & 1 << header as u32 != 0
    }
}

/// A check of the first letter, which skips most names.
fn may_be_known(name: &str) -> bool {
    let first = name.as_bytes().first().copied().unwrap_or_default();
    first.is_ascii_lowercase() && FIRST_LETTERS & 1 << (first - b'a') != 0
}

/// Removes headers whose names are spelt with underscores, such as `x_real_ip`: CGI and WSGI
/// map them to the same variable as the hyphenated names.
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

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use squall_peers::is_forwarding_header;

    use super::*;

    #[test]
    fn every_header_is_found_and_removed_when_misspelt() {
        for &header in Header::ALL {
            let mut headers = HeaderMap::new();
            headers.insert(header.name(), HeaderValue::from_static("x"));
            let found = FoundHeaders::in_headers(&headers);
            for &other in Header::ALL {
                assert_eq!(found.has(other), other == header, "{header} {other}");
            }
            assert!(!found.misspelt, "{header}");
            let misspelt = header.name().as_str().replace('-', "_");
            if misspelt == header.name().as_str() {
                continue;
            }
            let mut headers = HeaderMap::new();
            headers.insert(
                HeaderName::try_from(misspelt).unwrap(),
                HeaderValue::from_static("x"),
            );
            assert!(FoundHeaders::in_headers(&headers).misspelt, "{header}");
            remove_misspelt(&mut headers);
            assert!(headers.is_empty(), "{header}");
        }
    }

    #[test]
    fn every_header_closes_the_debug_page() {
        for &header in Header::ALL {
            assert!(is_forwarding_header(header.name().as_str()), "{header}");
        }
    }
}
