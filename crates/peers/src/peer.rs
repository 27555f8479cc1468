//! The peer: the other end of a connection.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

/// The other end of a connection: behind a proxy, the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the peer of a stream socket has an address or none"
)]
pub enum Peer {
    /// The address and port at the other end of a TCP connection.
    Tcp(SocketAddr),
    /// The other end of a unix socket, which has no address.
    Unix,
}

impl Peer {
    /// Returns the IP address; `::ffff:192.0.2.1` becomes `192.0.2.1`.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Tcp(address) => Some(address.ip().to_canonical()),
            Self::Unix => None,
        }
    }
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix => f.write_str("unix:"),
        }
    }
}
