//! Whose headers are believed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};

use crate::{ConfigError, Peer};

/// The proxies whose headers are believed: networks, and whether unix sockets are among them.
///
/// # Examples
///
/// ```
/// use squall_xheaders::{Peer, TrustedProxies};
///
/// let proxies = TrustedProxies::new(["10.0.0.0/8", "2001:db8::/32", "192.0.2.1", "unix:"])?;
/// assert!(proxies.trusts(Peer::Unix));
///
/// let error = TrustedProxies::new(["10.0.0.1/8"]).unwrap_err();
/// assert!(error.to_string().contains("did you mean \"10.0.0.0/8\""));
/// # Ok::<(), squall_xheaders::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    unix: bool,
}

impl TrustedProxies {
    /// The proxies that these texts name, and no others: addresses, networks in CIDR notation, and
    /// `unix:` for all unix sockets. No text at all means that nobody is trusted.
    ///
    /// A network of IPv4 covers its addresses in IPv6 form as well, and `::ffff:10.0.0.0/104` is
    /// `10.0.0.0/8`. `::/0` covers IPv6 only.
    ///
    /// # Errors
    ///
    /// The first text that names no proxy, as [`ConfigError`] lists it.
    pub fn new<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Result<Self, ConfigError> {
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

    /// The proxies on this machine that come by TCP: `127.0.0.0/8` and `::1`.
    #[must_use]
    pub fn loopback() -> Self {
        let ipv4 = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);
        Self {
            networks: vec![ipv4.into(), IpAddr::from(Ipv6Addr::LOCALHOST).into()],
            unix: false,
        }
    }

    /// Whether the peer is one of them.
    #[must_use]
    pub fn trusts(&self, peer: Peer) -> bool {
        match peer.ip() {
            Some(ip) => self.contains(ip),
            None => self.unix,
        }
    }

    /// Whether a canonical address is in one of the networks.
    pub(crate) fn contains(&self, ip: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&ip))
    }

    pub(crate) fn contains_unix(&self) -> bool {
        self.unix
    }
}

impl Default for TrustedProxies {
    /// [`loopback`](TrustedProxies::loopback).
    fn default() -> Self {
        Self::loopback()
    }
}

fn network(text: &str) -> Result<IpNet, ConfigError> {
    let network = text
        .parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| ConfigError::NotANetwork {
            text: text.to_owned(),
        })?;
    if network != network.trunc() {
        return Err(ConfigError::HostBits {
            text: text.to_owned(),
            network: network.trunc().to_string(),
        });
    }
    Ok(canonical(network))
}

/// A network of IPv4 addresses in IPv6 form as the IPv4 network that it is.
fn canonical(network: IpNet) -> IpNet {
    let IpAddr::V4(ip) = network.addr().to_canonical() else {
        return network;
    };
    match network {
        IpNet::V6(ipv6) if ipv6.prefix_len() >= 96 => {
            Ipv4Net::new_assert(ip, ipv6.prefix_len() - 96).into()
        }
        _ => network,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
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
                let peer = Peer::Tcp((ip.parse::<IpAddr>().unwrap(), 1).into());
                assert_eq!(proxies.trusts(peer), is_within, "{text} {ip}");
            }
            assert!(!proxies.trusts(Peer::Unix), "{text}");
        }
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
            assert_eq!(error, ConfigError::NotANetwork { text });
        }
        for (text, network) in [
            ("10.0.0.1/8", "10.0.0.0/8"),
            ("192.0.2.1/0", "0.0.0.0/0"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("::ffff:10.0.0.1/104", "::ffff:10.0.0.0/104"),
        ] {
            let error = TrustedProxies::new([text]).unwrap_err();
            let (text, network) = (text.to_owned(), network.to_owned());
            assert_eq!(error, ConfigError::HostBits { text, network });
        }
    }
}
