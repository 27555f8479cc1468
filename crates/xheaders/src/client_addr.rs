//! Addresses of clients and proxies, in the notation of forwarding headers.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use squall_peers::parse_port;

/// The address of a client, with its port if the connection or the header has one.
///
/// An IPv4-mapped IPv6 address becomes the IPv4 address, and a zone is removed. Displayed as
/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddr {
    ip: IpAddr,
    port: Option<u16>,
}

impl ClientAddr {
    pub(crate) fn new(ip: IpAddr, port: Option<u16>) -> Self {
        Self {
            ip: ip.to_canonical(),
            port,
        }
    }

    /// Returns the address.
    #[must_use]
    pub fn ip(&self) -> IpAddr {
        self.ip
    }

    /// Returns the port, if the connection or the header has one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }
}

impl From<SocketAddr> for ClientAddr {
    fn from(address: SocketAddr) -> Self {
        Self::new(address.ip(), Some(address.port()))
    }
}

impl fmt::Display for ClientAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => SocketAddr::new(self.ip, port).fmt(f),
            None => self.ip.fmt(f),
        }
    }
}

/// A node: the address of a hop, or a placeholder for it (RFC 7239, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Addr(ClientAddr),
    /// `unix:`, which is nginx's `$remote_addr` for a peer on a unix socket.
    Unix,
    /// `unknown`, or an obfuscated identifier such as `_proxy1`.
    Hidden,
}

impl Node {
    /// Parses a node of RFC 7239, and the common deviations: IPv6 without brackets, and zones.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == "unix:" {
            return Some(Self::Unix);
        }
        if let Some(rest) = text.strip_prefix('[') {
            let (ip, rest) = rest.split_once(']')?;
            let ip = ipv6(ip)?;
            return match rest.strip_prefix(':') {
                Some(port) => node(ip.into(), port),
                None if rest.is_empty() => Some(Self::Addr(ClientAddr::new(ip.into(), None))),
                None => None,
            };
        }
        match text.split_once(':') {
            None => text.parse::<Ipv4Addr>().map_or_else(
                |_| is_hidden(text).then_some(Self::Hidden),
                |ip| Some(Self::Addr(ClientAddr::new(ip.into(), None))),
            ),
            Some((_, rest)) if rest.contains(':') => {
                let ip = ipv6(text)?;
                Some(Self::Addr(ClientAddr::new(ip.into(), None)))
            }
            Some((hidden, port)) if is_hidden(hidden) => read_port(port).map(|_| Self::Hidden),
            Some((ip, port)) => node(ip.parse::<Ipv4Addr>().ok()?.into(), port),
        }
    }
}

fn node(ip: IpAddr, port: &str) -> Option<Node> {
    Some(Node::Addr(ClientAddr::new(ip, read_port(port)?)))
}

/// Parses a port; `Some(None)` if it is obfuscated or 0.
fn read_port(text: &str) -> Option<Option<u16>> {
    if text == "0" || text.starts_with('_') && is_hidden(text) {
        return Some(None);
    }
    parse_port(text).map(Some)
}

/// Parses an IPv6 address and drops its zone, which has no meaning on another machine.
fn ipv6(text: &str) -> Option<Ipv6Addr> {
    let (ip, zone) = text.split_once('%').unwrap_or((text, "0"));
    let is_zone = !zone.is_empty() && zone.bytes().all(is_mark_or_alphanumeric);
    ip.parse().ok().filter(|_| is_zone)
}

fn is_hidden(text: &str) -> bool {
    text.eq_ignore_ascii_case("unknown")
        || text
            .strip_prefix('_')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_mark_or_alphanumeric))
}

fn is_mark_or_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::Node;

    #[test]
    fn nodes() {
        for (text, shown) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:80", "192.0.2.1:80"),
            ("192.0.2.1:65535", "192.0.2.1:65535"),
            ("192.0.2.1:00080", "192.0.2.1:80"),
            ("192.0.2.1:0", "192.0.2.1"),
            ("192.0.2.1:_port", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("2001:DB8:0::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:80", "[2001:db8::1]:80"),
            ("[2001:db8::1]:_port", "2001:db8::1"),
            ("::1:80", "::1:80"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("::ffff:c000:201", "192.0.2.1"),
            ("[::ffff:192.0.2.1]:80", "192.0.2.1:80"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%eth0]:80", "[fe80::1]:80"),
            ("[fe80::1%25eth0.1]", "fe80::1"),
        ] {
            match Node::parse(text) {
                Some(Node::Addr(addr)) => assert_eq!(addr.to_string(), shown, "{text:?}"),
                other => panic!("{text:?} is {other:?}"),
            }
        }
        assert_eq!(Node::parse("unix:"), Some(Node::Unix));
        for text in ["unknown", "UNKNOWN", "unknown:80", "_x", "_a.b-c_d:_e"] {
            assert_eq!(Node::parse(text), Some(Node::Hidden), "{text:?}");
        }
    }

    #[test]
    fn not_nodes() {
        for text in [
            "",
            ":",
            "::1::",
            "_",
            "_é",
            "_a b",
            "_x:",
            "unknown2",
            "localhost",
            "example.com:80",
            "192.0.2",
            "192.0.2.1.1",
            "192.0.2.256",
            "192.0.2.01",
            "0x7f.0.0.1",
            "3221225985",
            " 192.0.2.1",
            "192.0.2.1 ",
            "192.0.2.1:",
            "192.0.2.1:+80",
            "192.0.2.1:-1",
            "192.0.2.1:65536",
            "192.0.2.1:000080",
            "192.0.2.1:http",
            "192.0.2.1:_",
            "192.0.2.1/32",
            "192.0.2.1%eth0",
            "[192.0.2.1]",
            "[::1",
            "::1]",
            "[]",
            "[::1]80",
            "[::1]:",
            "[::1]:65536",
            "[::1]:80:80",
            "[[::1]]",
            "[::1%]",
            "::1%eth/0",
            "fe80::1%a%b",
            "[1.2.3.4]:80",
            "１９２.0.2.1",
            "unix:/run/app.sock",
            "UNIX:",
        ] {
            assert_eq!(Node::parse(text), None, "{text:?}");
        }
    }
}
