//! `host [ ":" port ]`, as `Host`, `:authority` and forwarding headers have it.

use std::net::Ipv6Addr;

/// A host and a port, split and checked.
///
/// A host is a name or an IPv4 address of letters, digits, `.`, `-` and `_`, or an IPv6 address in
/// brackets. That is stricter than RFC 3986, section 3.2.2: no user, no percent escapes, no other
/// punctuation, so a host is safe in URLs, file names and logs.
///
/// # Examples
///
/// ```
/// use squall_peers::HostPort;
///
/// let authority = HostPort::parse(b"example.com:8443").expect("it is well-formed");
/// assert_eq!((authority.host(), authority.port()), ("example.com", Some(8443)));
/// assert!(HostPort::parse(b"user@example.com").is_none());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct HostPort<'a> {
    host: &'a str,
    port: Option<u16>,
}

impl<'a> HostPort<'a> {
    /// Parses the text; returns `None` if it is malformed. An empty port is no port (RFC 3986,
    /// section 3.2.3).
    #[must_use]
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let (host_len, port) = split(text)?;
        let host = std::str::from_utf8(&text[..host_len]).ok()?;
        Some(Self { host, port })
    }

    /// Returns whether [`parse`](Self::parse) accepts the text, a little quicker.
    #[must_use]
    pub fn is_valid(text: &[u8]) -> bool {
        split(text).is_some()
    }

    /// Returns the host as it is written, in brackets if it is an IPv6 address.
    #[must_use]
    pub fn host(self) -> &'a str {
        self.host
    }

    /// Returns the port, if there is one.
    #[must_use]
    pub fn port(self) -> Option<u16> {
        self.port
    }

    /// Returns whether both are the same authority under a scheme with this default port (RFC 9110,
    /// section 4.2.3): the case of letters does not matter, and the default port is as good as
    /// none.
    #[must_use]
    pub fn is_same(self, other: HostPort<'_>, default_port: u16) -> bool {
        self.host.eq_ignore_ascii_case(other.host)
            && self.port.unwrap_or(default_port) == other.port.unwrap_or(default_port)
    }
}

/// Returns the length of the host, and the port, if the text is well-formed.
fn split(text: &[u8]) -> Option<(usize, Option<u16>)> {
    let host_len = if text.first() == Some(&b'[') {
        let end = text.iter().position(|&byte| byte == b']')?;
        let address = std::str::from_utf8(&text[1..end]).ok()?;
        address.parse::<Ipv6Addr>().ok()?;
        end + 1
    } else {
        let is_other = |byte: &u8| !IS_NAME_BYTE[usize::from(*byte)];
        text.iter().position(is_other).unwrap_or(text.len())
    };
    let (host, rest) = text.split_at(host_len);
    let port = match rest {
        _ if host.is_empty() => return None,
        [] | [b':'] => None,
        [b':', port @ ..] => Some(port_number(port)?),
        _ => return None,
    };
    Some((host_len, port))
}

/// Letters, digits, dots, hyphens and underscores. A table, because every request has a host.
const IS_NAME_BYTE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        byte += 1;
    }
    table
};

/// Parses a port in decimal digits, from 1 to 65535.
#[must_use]
pub fn parse_port(text: &str) -> Option<u16> {
    port_number(text.as_bytes())
}

/// Unlike `str::parse`, it accepts no plus sign, and at most five digits.
fn port_number(digits: &[u8]) -> Option<u16> {
    if digits.len() > 5 {
        return None;
    }
    let mut number = 0;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u32::from(digit);
    }
    u16::try_from(number).ok().filter(|&port| port != 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hosts_and_ports() {
        for (text, host, port) in [
            ("a", "a", None),
            ("example.com", "example.com", None),
            ("Example.COM.", "Example.COM.", None),
            ("example.com:8443", "example.com", Some(8443)),
            ("example.com:", "example.com", None),
            ("example.com:00080", "example.com", Some(80)),
            ("xn--bcher-kva.example", "xn--bcher-kva.example", None),
            ("a_b", "a_b", None),
            ("192.0.2.1:65535", "192.0.2.1", Some(65535)),
            ("[::1]", "[::1]", None),
            ("[::1]:", "[::1]", None),
            ("[2001:db8::1]:80", "[2001:db8::1]", Some(80)),
        ] {
            let parsed = HostPort::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text:?}"));
            assert_eq!((parsed.host(), parsed.port()), (host, port), "{text:?}");
        }
    }

    #[test]
    fn malformed() {
        for text in [
            "",
            ":",
            ":80",
            " a",
            "a ",
            "a b",
            "a,b",
            "a/b",
            "a\\b",
            "a?b",
            "a#b",
            "a@b",
            "user:pw@a",
            "a%2fb",
            "<a>",
            "a'b",
            "a\"b",
            "a\0",
            "a\n",
            "é",
            "a:0",
            "a:65536",
            "a:000080",
            "a:-1",
            "a:+1",
            "a: 1",
            "a:1 ",
            "a:80:80",
            "a::",
            "a:http",
            "a:٣",
            "::1",
            "[::1",
            "[::1]80",
            "[::1]]",
            "[[::1]]",
            "[::1%eth0]",
            "[1.2.3.4]",
            "[v1.x]",
            "[]",
            "http://a",
        ] {
            assert!(HostPort::parse(text.as_bytes()).is_none(), "{text:?}");
        }
    }

    #[test]
    fn default_ports_make_no_difference() {
        for (one, other, default_port, is_same) in [
            ("a", "a", 80, true),
            ("a", "A:80", 80, true),
            ("a:80", "a", 80, true),
            ("a:443", "a", 443, true),
            ("[::1]:80", "[::1]", 80, true),
            ("a:8888", "a:8888", 80, true),
            ("a:443", "a", 80, false),
            ("a:80", "a", 443, false),
            ("a:8888", "a", 80, false),
            ("a", "b", 80, false),
            ("a.", "a", 80, false),
        ] {
            let parse = |text: &'static str| HostPort::parse(text.as_bytes()).unwrap();
            let found = parse(one).is_same(parse(other), default_port);
            assert_eq!(found, is_same, "{one} {other} {default_port}");
        }
    }

    /// Texts of parts that are well-formed in some place, and of single characters.
    fn text() -> impl Strategy<Value = String> {
        let parts = [
            "a", ".", "-", "1.2.3.4", "[::1]", "[1::]", "[", "]", "::", ":", ":0", ":00", "80",
            "65535", "65536", "%",
        ];
        let parts = prop::collection::vec(prop::sample::select(parts.to_vec()), 0..5);
        prop_oneof![
            parts.prop_map(|parts| parts.concat()),
            "[a:.0-9\\[\\]%]{0,12}"
        ]
    }

    proptest! {
        #[test]
        fn parsed_text_is_rebuilt_from_its_parts(text in text()) {
            if let Some(parsed) = HostPort::parse(text.as_bytes()) {
                let rest = text.strip_prefix(parsed.host()).unwrap();
                let port = rest.trim_start_matches([':', '0']).parse().ok();
                prop_assert_eq!(parsed.port(), port);
                prop_assert!(!parsed.host().contains(':') || parsed.host().starts_with('['));
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(text: Vec<u8>) {
            let _ = HostPort::parse(&text);
        }
    }
}
