//! Where to listen, as it is written in settings and on command lines.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use crate::ConfigError;

/// An address to listen on.
///
/// Written as `127.0.0.1:8888`, `[::1]:8888`, `8888` or `:8888` (a bare port: all interfaces, IPv6
/// and IPv4), or `unix:/run/app.sock`.
///
/// ```
/// use squall_prefork::Address;
///
/// assert_eq!("8888".parse::<Address>()?.to_string(), "[::]:8888");
/// assert_eq!("unix:/run/app.sock".parse::<Address>()?.to_string(), "unix:/run/app.sock");
/// assert!("localhost:http".parse::<Address>().is_err());
/// # Ok::<(), squall_prefork::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// An IP address and a port. Port 0 takes a free one. `[::]` accepts IPv4 as well.
    Tcp(SocketAddr),
    /// The path of a unix socket.
    Unix(PathBuf),
}

impl FromStr for Address {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let invalid = || ConfigError::Address(text.to_owned());
        if let Some(path) = text.strip_prefix("unix:") {
            let fits = !path.is_empty() && path.len() < 108 && !path.contains('\0');
            return if fits {
                Ok(Self::Unix(path.into()))
            } else {
                Err(invalid())
            };
        }
        let bare = text.strip_prefix(':').unwrap_or(text);
        if bare.bytes().all(|byte| byte.is_ascii_digit()) {
            let port = bare.parse().map_err(|_| invalid())?;
            return Ok(Self::Tcp((IpAddr::V6(Ipv6Addr::UNSPECIFIED), port).into()));
        }
        let text = text.replace("localhost:", "127.0.0.1:");
        text.parse().map(Self::Tcp).map_err(|_| invalid())
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let cases = [
            ("127.0.0.1:80", Some("127.0.0.1:80")),
            ("[::1]:0", Some("[::1]:0")),
            ("localhost:8000", Some("127.0.0.1:8000")),
            ("8888", Some("[::]:8888")),
            (":8888", Some("[::]:8888")),
            ("unix:/run/a.sock", Some("unix:/run/a.sock")),
            ("", None),
            (":", None),
            ("65536", None),
            ("127.0.0.1", None),
            ("127.0.0.1:", None),
            ("127.0.0.1:-1", None),
            ("example.org:80", None),
            ("unix:", None),
            ("unix:/a\0b", None),
            ("http://127.0.0.1:80", None),
        ];
        for (text, expected) in cases {
            let parsed = text
                .parse::<Address>()
                .ok()
                .map(|address| address.to_string());
            assert_eq!(parsed.as_deref(), expected, "{text:?}");
        }
        assert!(
            format!("unix:/{}", "a".repeat(108))
                .parse::<Address>()
                .is_err()
        );
    }
}
