//! What is known of a request without its headers: who opened the connection that it came by.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use crate::Scheme;

/// Who opened a connection: behind a proxy, the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Peer {
    /// The address and port at the other end of a TCP connection.
    Tcp(SocketAddr),
    /// The other end of a unix socket, which has no address.
    Unix,
}

impl Peer {
    /// The address; an IPv4 address in IPv6 form (`::ffff:192.0.2.1`) as the IPv4 address that it is.
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

/// A connection, as its server knows it: the peer, and whether it is encrypted.
///
/// # Examples
///
/// ```
/// use std::net::SocketAddr;
/// use squall_xheaders::{Connection, Peer, Scheme};
///
/// let address = SocketAddr::from(([192, 0, 2, 1], 4711));
/// let plain = Connection::from(address);
/// let encrypted = Connection::from(Peer::Unix).scheme(Scheme::Https);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Connection {
    pub(crate) peer: Peer,
    pub(crate) scheme: Scheme,
}

impl Connection {
    /// How the peer speaks on this connection itself: [`Https`](Scheme::Https) if it is encrypted.
    ///
    /// Defaults to [`Scheme::Http`].
    pub fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self
    }
}

impl<P: Into<Peer>> From<P> for Connection {
    fn from(peer: P) -> Self {
        Self {
            peer: peer.into(),
            scheme: Scheme::Http,
        }
    }
}
