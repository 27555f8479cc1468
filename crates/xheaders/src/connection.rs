//! The connection of a request: its peer, and whether it is encrypted.

use crate::{Peer, Scheme};

/// A connection, as the server reports it: the peer, and whether it is encrypted.
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
    /// Sets the scheme of the connection itself: [`Https`](Scheme::Https) if it is encrypted.
    /// Default: [`Scheme::Http`].
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
