//! Address text: a port, `HOST:PORT` or `unix:PATH`.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs},
    path::{Path, PathBuf},
    str::FromStr,
};

use crate::{AddressError, system::UNIX_PATH_LIMIT};

/// An address to listen on, or one end of a connection.
///
/// # Examples
///
/// ```
/// use squall_listen::Address;
///
/// assert_eq!("127.0.0.1:8888".parse::<Address>()?.to_string(), "127.0.0.1:8888");
/// assert_eq!("unix:/run/app.sock".parse::<Address>()?.to_string(), "unix:/run/app.sock");
/// assert_eq!(Address::any(8888).to_string(), "[::]:8888");
/// # Ok::<(), squall_listen::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "trust and permissions differ by kind, so a new one must not fall into a default"
)]
pub enum Address {
    /// An IP address and a port. Port 0 takes a free one. `[::]` accepts IPv4 as well.
    Tcp(SocketAddr),
    /// The path of a unix socket. The peer of a unix connection rarely has one; then it is empty.
    Unix(PathBuf),
}

impl Address {
    /// Returns all interfaces, IPv4 and IPv6, as in Tornado's `listen(port)`.
    #[must_use]
    pub fn any(port: u16) -> Self {
        Self::Tcp((Ipv6Addr::UNSPECIFIED, port).into())
    }

    /// Returns the IP address and port, or `None` for a unix socket.
    #[must_use]
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// Returns whether only this machine can reach the address.
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

    /// Returns every address that `text` names; a host name may have several.
    ///
    /// `"8888"` and `":8888"` are [`any`](Self::any), `"127.0.0.1:8888"` and `"[::1]:8888"` one
    /// interface, `"localhost:8888"` all addresses of that name, and `"unix:/path"` a unix socket.
    ///
    /// # Errors
    ///
    /// When the text has no such form, a path is too long for the system, or a host name has no
    /// address.
    pub fn resolve(text: &str) -> Result<Vec<Self>, AddressError> {
        match text.parse() {
            Ok(address) => Ok(vec![address]),
            Err(_) if text.starts_with("unix:") => text.parse().map(|address| vec![address]),
            Err(error) => {
                let (host, port) = text.rsplit_once(':').ok_or(error)?;
                match port_number(port) {
                    Some(port) => resolve_host(text, host, port),
                    None => Err(AddressError::malformed(text)),
                }
            }
        }
    }

    /// Returns every address of a host: an IP address, or a name.
    pub(crate) fn resolve_host(host: &str, port: u16) -> Result<Vec<Self>, AddressError> {
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(vec![Self::Tcp((ip, port).into())]);
        }
        let text = format!("{host}:{port}");
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(vec![Self::Tcp(address)]);
        }
        resolve_host(&text, host, port)
    }

    /// Returns the same address if the system can listen on it.
    pub(crate) fn check(self) -> Result<Self, AddressError> {
        let Self::Unix(path) = &self else {
            return Ok(self);
        };
        let text = || self.to_string();
        let Some(limit) = UNIX_PATH_LIMIT else {
            return Err(AddressError::no_unix_sockets(&text()));
        };
        let bytes = path.as_os_str().as_encoded_bytes();
        if bytes.len() > limit {
            return Err(AddressError::too_long(&text(), bytes.len(), limit));
        }
        if bytes.is_empty() || bytes.contains(&0) {
            return Err(AddressError::malformed(&text()));
        }
        Ok(self)
    }

    /// Returns whether a socket on this address receives connections to the other's, with the
    /// same port: a wildcard covers each interface, `[::]` those of IPv4 as well.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let (Self::Tcp(own), Self::Tcp(other)) = (self, other) else {
            return false;
        };
        let same_port = own.port() == other.port() && own.port() != 0;
        let covered = match own.ip() {
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => true,
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => other.is_ipv4(),
            _ => false,
        };
        same_port && covered && own != other
    }
}

/// Digits only: `u16`'s own parser takes a sign.
fn port_number(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

fn resolve_host(text: &str, host: &str, port: u16) -> Result<Vec<Address>, AddressError> {
    // A name for a resolver. It has no other punctuation, so `http://x` is not looked up.
    let is_name = host
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) || !byte.is_ascii());
    if host.is_empty() || !is_name {
        return Err(AddressError::malformed(text));
    }
    let mut found = Vec::new();
    for address in (host, port)
        .to_socket_addrs()
        .map_err(|source| AddressError::unresolved(text, source))?
    {
        // Some resolvers return 127.0.0.1 twice.
        if !found.contains(&Address::Tcp(address)) {
            found.push(Address::Tcp(address));
        }
    }
    Ok(found)
}

impl FromStr for Address {
    type Err = AddressError;

    /// Reads the forms of [`resolve`](Self::resolve), host names excepted.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Self::Unix(PathBuf::from(path)).check();
        }
        if let Some(port) = port_number(text.strip_prefix(':').unwrap_or(text)) {
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
    use super::*;

    #[test]
    fn texts_that_are_an_address() {
        for (text, shown) in [
            ("8888", "[::]:8888"),
            (":0", "[::]:0"),
            ("08888", "[::]:8888"),
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("[::1]:65535", "[::1]:65535"),
            ("[fe80::1%3]:80", "[fe80::1%3]:80"),
            #[cfg(unix)]
            ("unix:relative.sock", "unix:relative.sock"),
            #[cfg(unix)]
            ("unix:/with space:and:colons", "unix:/with space:and:colons"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), shown, "{text}");
            assert_eq!(Address::resolve(text).unwrap(), [address], "{text}");
        }
    }

    #[test]
    fn texts_that_are_no_address() {
        for text in [
            "",
            ":",
            "unix:",
            "unix:a\0b",
            "65536",
            "-1",
            "+",
            "+8888",
            ":+8888",
            "127.0.0.1:+80",
            "[::1]:+80",
            "localhost:+80",
            "localhost: 80",
            " 8888",
            "8888 ",
            "8888\n",
            "٨٨",
            "127.0.0.1",
            "127.0.0.1:",
            "127.0.0.1:-1",
            "127.0.0.1:65536",
            "::1:80:",
            "::1:80",
            "[::1]",
            "[::1:80",
            "http://x:80",
            "http://127.0.0.1:80",
            "user@host:80",
            "host:port",
            "localhost:http",
            "1.2.3.4.5:",
        ] {
            let error = Address::resolve(text).unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn hosts_with_a_port() {
        for (host, shown) in [
            ("127.0.0.1", Some("127.0.0.1:80")),
            ("::1", Some("[::1]:80")),
            ("[::1]", Some("[::1]:80")),
            ("0.0.0.0", Some("0.0.0.0:80")),
            ("", None),
            ("unix:/x", None),
            ("127.0.0.1:90", None),
            (" 127.0.0.1", None),
            ("a/b", None),
            ("a\0b", None),
        ] {
            let found = Address::resolve_host(host, 80);
            match shown {
                Some(shown) => assert_eq!(found.unwrap()[0].to_string(), shown, "{host:?}"),
                None => assert!(found.is_err(), "{host:?}: {found:?}"),
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_unix_path_has_at_most_as_many_bytes_as_the_system_takes() {
        let limit = UNIX_PATH_LIMIT.unwrap();
        let text = |length: usize| format!("unix:/{}", "a".repeat(length - 1));
        assert!(text(limit).parse::<Address>().is_ok());
        let error = Address::resolve(&text(limit + 1)).unwrap_err().to_string();
        assert!(error.contains("has 108 bytes"), "{error}");
        assert!(error.contains("at most 107"), "{error}");
    }

    #[test]
    fn a_name_has_each_of_its_addresses_once() {
        let found = Address::resolve("localhost:80").unwrap();
        assert!(found.iter().all(Address::is_loopback), "{found:?}");
        assert!(!found.is_empty());
        let mut unique = found.clone();
        unique.dedup();
        assert_eq!(unique, found);
    }

    #[test]
    fn wildcards_cover_interfaces() {
        for (own, other, covered) in [
            ("[::]:80", "127.0.0.1:80", true),
            ("[::]:80", "[::1]:80", true),
            ("[::]:80", "0.0.0.0:80", true),
            ("[::]:80", "[::]:80", false),
            ("[::]:80", "127.0.0.1:81", false),
            ("[::]:0", "127.0.0.1:0", false),
            ("0.0.0.0:80", "127.0.0.1:80", true),
            ("0.0.0.0:80", "[::1]:80", false),
            ("0.0.0.0:80", "[::]:80", false),
            ("127.0.0.1:80", "0.0.0.0:80", false),
        ] {
            let [own, other] = [own, other].map(|text| text.parse::<Address>().unwrap());
            assert_eq!(own.covers(&other), covered, "{own} {other}");
        }
    }
}
