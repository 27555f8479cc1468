//! Where a server listens, and who is at the other end.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs},
    path::{Path, PathBuf},
    str::FromStr,
};

use crate::error::AddressError;

/// One end of a connection, or a place to listen.
///
/// # Examples
///
/// ```
/// use squall_server::Address;
///
/// assert_eq!("127.0.0.1:8888".parse::<Address>()?.to_string(), "127.0.0.1:8888");
/// assert_eq!("unix:/run/app.sock".parse::<Address>()?.to_string(), "unix:/run/app.sock");
/// assert_eq!(Address::any(8888).to_string(), "[::]:8888");
/// # Ok::<(), squall_server::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// An IP address and a port.
    Tcp(SocketAddr),
    /// A unix socket's path. The peer of a unix connection rarely has one, and then it is empty.
    Unix(PathBuf),
}

impl Address {
    /// All interfaces, IPv4 and IPv6, as Tornado's `listen(port)`.
    #[must_use]
    pub fn any(port: u16) -> Self {
        Self::Tcp((Ipv6Addr::UNSPECIFIED, port).into())
    }

    /// The IP address and port, unless this is a unix socket.
    #[must_use]
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// Whether only this machine can reach the address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Tcp(address) => match address.ip() {
                IpAddr::V4(ip) => ip.is_loopback(),
                IpAddr::V6(ip) => {
                    ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback())
                }
            },
            Self::Unix(_) => true,
        }
    }

    /// Every address that `text` names: a host name may stand for several.
    ///
    /// `"8888"` and `":8888"` mean [`any`](Self::any), `"127.0.0.1:8888"` and `"[::1]:8888"` one
    /// interface, `"localhost:8888"` all addresses of that name, and `"unix:/path"` a unix socket.
    ///
    /// # Errors
    ///
    /// When the text has no such form, or its host name has no address.
    pub fn resolve(text: &str) -> Result<Vec<Self>, AddressError> {
        if let Ok(address) = text.parse() {
            return Ok(vec![address]);
        }
        let well_formed = text
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if !well_formed {
            return Err(AddressError::malformed(text));
        }
        let mut found = Vec::new();
        for address in text
            .to_socket_addrs()
            .map_err(|source| AddressError::unresolved(text, source))?
        {
            // Some resolvers name 127.0.0.1 twice.
            if !found.contains(&Self::Tcp(address)) {
                found.push(Self::Tcp(address));
            }
        }
        Ok(found)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    /// Reads the forms of [`resolve`](Self::resolve), host names excepted.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        if let Some(path) = text.strip_prefix("unix:") {
            if path.is_empty() || path.contains('\0') {
                return Err(AddressError::malformed(text));
            }
            return Ok(Self::Unix(PathBuf::from(path)));
        }
        if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse::<u16>() {
            return Ok(Self::any(port));
        }
        text.parse()
            .map(Self::Tcp)
            .map_err(|_| AddressError::malformed(text))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

impl From<&Path> for Address {
    fn from(path: &Path) -> Self {
        Self::Unix(path.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn texts_that_name_an_address() {
        for (text, shown) in [
            ("8888", "[::]:8888"),
            (":0", "[::]:0"),
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("[::1]:65535", "[::1]:65535"),
            ("[fe80::1%3]:80", "[fe80::1%3]:80"),
            ("unix:relative.sock", "unix:relative.sock"),
            ("unix:/with space:and:colons", "unix:/with space:and:colons"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), shown, "{text}");
        }
    }

    #[test]
    fn texts_that_do_not() {
        for text in [
            "",
            ":",
            "unix:",
            "unix:a\0b",
            "65536",
            "-1",
            "+",
            "127.0.0.1",
            "127.0.0.1:",
            "127.0.0.1:65536",
            "::1:80:",
            "[::1]",
            "[::1:80",
            "http://x:80",
            "host:port",
            "1.2.3.4.5:",
        ] {
            let error = Address::resolve(text).unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
    }

    #[test]
    fn a_name_stands_for_all_of_its_addresses_once() {
        let found = Address::resolve("localhost:80").unwrap();
        assert!(found.iter().all(Address::is_loopback), "{found:?}");
        assert!(!found.is_empty());
        let mut unique = found.clone();
        unique.dedup();
        assert_eq!(unique, found);
    }
}
