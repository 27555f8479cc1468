//! Who has to begin with a header of the PROXY protocol, and is believed.

use std::{error::Error, fmt, net::IpAddr};

use ipnet::{IpNet, Ipv4Net};

use crate::Address;

/// The proxies that connect, each with a header of the [PROXY protocol](crate::Server::proxy_protocol).
///
/// # Examples
///
/// ```
/// use squall_server::ProxyProtocol;
///
/// let balancers = ProxyProtocol::new(["10.0.0.0/8", "2001:db8::/32", "192.0.2.1", "unix:"])?;
///
/// let error = ProxyProtocol::new(["10.0.0.1/8"]).unwrap_err();
/// assert!(error.to_string().contains("did you mean \"10.0.0.0/8\""));
/// # Ok::<(), squall_server::ProxyProtocolError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyProtocol {
    networks: Vec<IpNet>,
    unix: bool,
}

/// A text that names no proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyProtocolError {
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

impl ProxyProtocol {
    /// The proxies that these texts name, and no others: addresses, networks in CIDR notation, and
    /// `unix:` for whoever comes by a unix socket. No text at all means that everybody is refused.
    ///
    /// A network of IPv4 covers its addresses in IPv6 form as well, and `::ffff:10.0.0.0/104` is
    /// `10.0.0.0/8`. `::/0` covers IPv6 only.
    ///
    /// # Errors
    ///
    /// The first text that names no proxy, as [`ProxyProtocolError`] lists it.
    pub fn new<T: AsRef<str>>(
        proxies: impl IntoIterator<Item = T>,
    ) -> Result<Self, ProxyProtocolError> {
        let mut named = Self {
            networks: Vec::new(),
            unix: false,
        };
        for text in proxies {
            match text.as_ref() {
                "unix:" => named.unix = true,
                text => named.networks.push(network(text)?),
            }
        }
        Ok(named)
    }

    /// Whether a peer, with its canonical address, is one of them.
    pub(crate) fn include(&self, peer: &Address) -> bool {
        match peer {
            Address::Tcp(peer) => self.networks.iter().any(|net| net.contains(&peer.ip())),
            Address::Unix(_) => self.unix,
        }
    }
}

fn network(text: &str) -> Result<IpNet, ProxyProtocolError> {
    let network = text
        .parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| ProxyProtocolError::NotANetwork {
            text: text.to_owned(),
        })?;
    if network != network.trunc() {
        return Err(ProxyProtocolError::HostBits {
            text: text.to_owned(),
            network: network.trunc().to_string(),
        });
    }
    Ok(canonical(network))
}

/// A network of IPv4 addresses in IPv6 form as the IPv4 network that it is.
fn canonical(network: IpNet) -> IpNet {
    match (network, network.addr().to_canonical()) {
        (IpNet::V6(ipv6), IpAddr::V4(ip)) if ipv6.prefix_len() >= 96 => {
            Ipv4Net::new_assert(ip, ipv6.prefix_len() - 96).into()
        }
        _ => network,
    }
}

impl fmt::Display for ProxyProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANetwork { text } => write!(
                f,
                "proxy_protocol: expected an address, a network such as \"10.0.0.0/8\", or \"unix:\", not {text:?}"
            ),
            Self::HostBits { text, network } => write!(
                f,
                "proxy_protocol: the network {text:?} has bits after its prefix; did you mean {network:?}?"
            ),
        }
    }
}

impl Error for ProxyProtocolError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_one_of_them() {
        for (text, within, outside) in [
            ("10.0.0.0/8", "10.255.0.1:1", "11.0.0.0:1"),
            ("192.0.2.1", "192.0.2.1:65535", "192.0.2.2:1"),
            ("0.0.0.0/0", "255.255.255.255:1", "[::1]:1"),
            ("::/0", "[2001:db8::1]:1", "192.0.2.1:1"),
            ("2001:db8::/32", "[2001:db8:ffff::1]:1", "[2001:db9::]:1"),
            ("::1", "[::1]:1", "[::2]:1"),
            ("::ffff:10.0.0.0/104", "10.1.2.3:1", "11.0.0.0:1"),
            ("::ffff:10.0.0.1", "10.0.0.1:1", "10.0.0.2:1"),
            ("unix:", "unix:/run/app.sock", "127.0.0.1:1"),
            ("127.0.0.0/8", "127.0.0.1:1", "unix:/run/app.sock"),
        ] {
            let proxies = ProxyProtocol::new([text]).unwrap();
            assert!(proxies.include(&within.parse().unwrap()), "{text}");
            assert!(!proxies.include(&outside.parse().unwrap()), "{text}");
        }
        let nobody = ProxyProtocol::new::<&str>([]).unwrap();
        assert!(!nobody.include(&"127.0.0.1:1".parse().unwrap()));
    }

    #[test]
    fn bad_texts() {
        for text in [
            "",
            " ",
            "localhost",
            "10.0.0.0/33",
            "10.0.0.0/",
            "/8",
            "10.0.0.0/255.0.0.0",
            "10.0.0/8",
            "10.0.0.0/8 ",
            "10.*",
            "[::1]",
            "::1/129",
            "fe80::1%eth0",
            "192.0.2.1:80",
            "unix",
            "unix:/run/app.sock",
            "*",
        ] {
            let error = ProxyProtocol::new(["127.0.0.1", text]).unwrap_err();
            let text = text.to_owned();
            assert_eq!(error, ProxyProtocolError::NotANetwork { text });
        }
        for (text, network) in [
            ("10.0.0.1/8", "10.0.0.0/8"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("::ffff:10.0.0.1/104", "::ffff:10.0.0.0/104"),
        ] {
            let error = ProxyProtocol::new([text]).unwrap_err();
            let (text, network) = (text.to_owned(), network.to_owned());
            assert_eq!(error, ProxyProtocolError::HostBits { text, network });
        }
    }
}
