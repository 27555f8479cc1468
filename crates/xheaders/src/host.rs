//! The host of a request, checked to be well-formed.

use std::fmt;

use http::{HeaderMap, HeaderValue, Uri, header};

use squall_peers::HostPort;

/// A host in the form of a URL's authority: a name or an address, and an optional port.
///
/// A host is safe in URLs and file names: letters, digits, `.`, `-` and `_`, or an IPv6 address in
/// brackets; no user, no percent escapes, no port out of range. The comparison ignores case. A
/// well-formed host may still be chosen by the client: see
/// [the crate's page](crate#hosts-are-chosen-by-clients).
#[derive(Clone)]
pub struct Host {
    /// Checked to be ASCII. Its clone costs no allocation.
    text: HeaderValue,
    name_len: usize,
    port: Option<u16>,
}

impl Host {
    pub(crate) fn from_value(text: &HeaderValue) -> Option<Self> {
        let parsed = HostPort::parse(text.as_bytes())?;
        Some(Self {
            text: text.clone(),
            name_len: parsed.host().len(),
            port: parsed.port(),
        })
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::from_value(&HeaderValue::from_str(text).ok()?)
    }

    /// Returns the host of a request without forwarding headers: the target's authority takes
    /// precedence over `Host` (RFC 9112, section 3.2.2; RFC 9113, section 8.3.1). `None` for
    /// several `Host` lines.
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap) -> Option<Self> {
        if let Some(authority) = uri.authority() {
            return Self::parse(authority.as_str());
        }
        let mut values = headers.get_all(header::HOST).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Self::from_value(value),
            _ => None,
        }
    }

    pub(crate) fn with_port(&self, port: u16) -> Self {
        Self::parse(&format!("{}:{port}", self.name())).expect("it was a host before")
    }

    /// Returns host and port: `example.com`, `example.com:8443` or `[::1]:8443`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.to_str().expect("it was checked to be ASCII")
    }

    /// Returns the host without the port: `example.com` or `[::1]`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.as_str()[..self.name_len]
    }

    /// Returns the port, if there is one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }
}

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        self.port == other.port && self.name().eq_ignore_ascii_case(other.name())
    }
}

impl Eq for Host {}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::Host;

    // The grammar has its tables at `squall_peers::HostPort`.
    #[test]
    fn hosts() {
        for (text, name, port) in [
            ("Example.COM.", "Example.COM.", None),
            ("example.com:00080", "example.com", Some(80)),
            ("example.com:", "example.com", None),
            ("[2001:db8::1]:80", "[2001:db8::1]", Some(80)),
        ] {
            let host = Host::parse(text).unwrap_or_else(|| panic!("{text:?}"));
            assert_eq!((host.name(), host.port()), (name, port), "{text:?}");
            assert_eq!(host.as_str(), text);
            assert_eq!(host.with_port(81).to_string(), format!("{name}:81"));
        }
        for text in ["", "user:pw@a", "a:0", "[::1", "http://a"] {
            assert_eq!(Host::parse(text), None, "{text:?}");
        }
    }
}
