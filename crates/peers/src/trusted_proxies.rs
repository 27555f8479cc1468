//! Trusted proxies: a set of networks, with or without unix sockets.

use std::{
    error::Error,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::{IpNet, Ipv4Net};

use crate::Peer;

/// The proxies that are trusted: addresses, networks, and unix sockets if they are named.
///
/// # Examples
///
/// ```
/// use squall_peers::{Peer, TrustedProxies};
///
/// let proxies = TrustedProxies::new(["10.0.0.0/8", "2001:db8::/32", "192.0.2.1", "unix:"])?;
/// assert!(proxies.trusts(Peer::Unix));
///
/// let error = TrustedProxies::new(["10.0.0.1/8"]).unwrap_err();
/// assert!(error.to_string().contains("did you mean \"10.0.0.0/8\""));
/// # Ok::<(), squall_peers::TrustedProxiesError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    unix: bool,
}

/// A text that is no address, network or `unix:`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustedProxiesError {
    /// The text is neither an address, a network (`10.0.0.0/8`) nor `unix:`. Names are not
    /// resolved.
    NotANetwork {
        /// The text as it was given.
        text: String,
    },
    /// The network has bits behind its prefix, so the address or the length is wrong.
    HostBits {
        /// The text as it was given.
        text: String,
        /// The network that has this prefix.
        network: String,
    },
}

impl TrustedProxies {
    /// Creates a set of addresses, networks in CIDR notation, and `unix:` for all unix sockets.
    /// Without any text, no peer is trusted.
    ///
    /// A network of IPv4 also matches its addresses in IPv6 form, and `::ffff:10.0.0.0/104` is
    /// `10.0.0.0/8`. `::/0` matches IPv6 only.
    ///
    /// # Errors
    ///
    /// Returns the first text that is none of these.
    pub fn new<T: AsRef<str>>(
        texts: impl IntoIterator<Item = T>,
    ) -> Result<Self, TrustedProxiesError> {
        let mut proxies = Self {
            networks: Vec::new(),
            unix: false,
        };
        for text in texts {
            match text.as_ref() {
                "unix:" => proxies.unix = true,
                text => proxies.networks.push(network(text)?),
            }
        }
        Ok(proxies)
    }

    /// Returns the proxies that connect by TCP on this machine: `127.0.0.0/8` and `::1`.
    #[must_use]
    pub fn loopback() -> Self {
        let ipv4 = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);
        Self {
            networks: vec![ipv4.into(), IpAddr::from(Ipv6Addr::LOCALHOST).into()],
            unix: false,
        }
    }

    /// Returns whether the peer is trusted.
    #[must_use]
    pub fn trusts(&self, peer: Peer) -> bool {
        match peer {
            Peer::Tcp(address) => self.trusts_ip(address.ip()),
            Peer::Unix => self.unix,
        }
    }

    /// Returns whether the address is in one of the networks.
    #[must_use]
    pub fn trusts_ip(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.networks.iter().any(|network| network.contains(&ip))
    }
}

impl Default for TrustedProxies {
    /// [`loopback`](TrustedProxies::loopback).
    fn default() -> Self {
        Self::loopback()
    }
}

fn network(text: &str) -> Result<IpNet, TrustedProxiesError> {
    let network = text
        .parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| TrustedProxiesError::NotANetwork {
            text: text.to_owned(),
        })?;
    if network != network.trunc() {
        return Err(TrustedProxiesError::HostBits {
            text: text.to_owned(),
            network: network.trunc().to_string(),
        });
    }
    Ok(canonical(network))
}

/// Turns a network of IPv4-mapped addresses into the IPv4 network.
fn canonical(network: IpNet) -> IpNet {
    match (network, network.addr().to_canonical()) {
        (IpNet::V6(ipv6), IpAddr::V4(ip)) if ipv6.prefix_len() >= 96 => {
            Ipv4Net::new_assert(ip, ipv6.prefix_len() - 96).into()
        }
        _ => network,
    }
}

impl fmt::Display for TrustedProxiesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANetwork { text } => write!(
                f,
                "expected an address, a network such as \"10.0.0.0/8\", or \"unix:\", not {text:?}"
            ),
            Self::HostBits { text, network } => write!(
                f,
                "the network {text:?} has bits after its prefix; did you mean {network:?}?"
            ),
        }
    }
}

impl Error for TrustedProxiesError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_match_addresses() {
        for (text, within, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:11.0.0.1"),
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("192.0.2.1/32", "192.0.2.1", "192.0.2.0"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("::/0", "2001:db8::1", "192.0.2.1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::1", "::1", "::2"),
            ("::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.0"),
            ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("::ffff:0:0/96", "192.0.2.1", "::1"),
        ] {
            let proxies = TrustedProxies::new([text]).unwrap();
            for (ip, is_within) in [(within, true), (outside, false)] {
                let ip = ip.parse::<IpAddr>().unwrap();
                assert_eq!(proxies.trusts_ip(ip), is_within, "{text} {ip}");
                let peer = Peer::Tcp((ip, 1).into());
                assert_eq!(proxies.trusts(peer), is_within, "{text} {ip}");
            }
            assert!(!proxies.trusts(Peer::Unix), "{text}");
        }
    }

    #[test]
    fn unix_sockets_are_trusted_only_by_name() {
        let loopback = Peer::Tcp(([127, 0, 0, 1], 1).into());
        let unix = TrustedProxies::new(["unix:"]).unwrap();
        assert!(unix.trusts(Peer::Unix) && !unix.trusts(loopback));
        let none = TrustedProxies::new::<&str>([]).unwrap();
        assert!(!none.trusts(Peer::Unix) && !none.trusts(loopback));
        let default = TrustedProxies::default();
        assert!(!default.trusts(Peer::Unix) && default.trusts(loopback));
    }

    #[test]
    fn bad_texts() {
        for text in [
            "",
            " ",
            "localhost",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/",
            "/8",
            "10.0.0.0/8/8",
            "10.0.0.0/255.0.0.0",
            "10.0.0/8",
            "10.0.0.0/8 ",
            "10.0.0.0/8,10.1.0.0/16",
            "10.*",
            "[::1]",
            "::1/129",
            "fe80::1%eth0",
            "192.0.2.1:80",
            "unix",
            "unix:/run/app.sock",
            "*",
        ] {
            let error = TrustedProxies::new(["127.0.0.1", text]).unwrap_err();
            let text = text.to_owned();
            assert_eq!(error, TrustedProxiesError::NotANetwork { text });
        }
        for (text, network) in [
            ("10.0.0.1/8", "10.0.0.0/8"),
            ("192.0.2.1/0", "0.0.0.0/0"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("::ffff:10.0.0.1/104", "::ffff:10.0.0.0/104"),
        ] {
            let error = TrustedProxies::new([text]).unwrap_err();
            let (text, network) = (text.to_owned(), network.to_owned());
            assert_eq!(error, TrustedProxiesError::HostBits { text, network });
        }
    }
}
