//! The client of a request: address, scheme, host and peer.

use std::{fmt, net::IpAddr};

use http::{HeaderMap, Uri};

use crate::{ClientAddr, Connection, Host, Peer, Scheme};

/// The client of a request; in the extensions of every request that has passed
/// [`XHeadersLayer`](crate::XHeadersLayer).
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) source: ClientSource,
    pub(crate) scheme: Scheme,
    pub(crate) host: Option<Host>,
    pub(crate) peer: Option<Peer>,
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientSource {
    /// The client's address.
    Addr(ClientAddr),
    /// The client connected to this program by a unix socket, without a proxy.
    Unix,
    /// Forwarding headers contradict each other or hide the address, or the peer is unknown.
    /// Allow-lists must reject it, like any address that they do not contain.
    Unknown,
}

impl Client {
    /// Returns the client where no forwarding header is trusted: the peer, and the host of the
    /// request itself.
    #[must_use]
    pub fn direct(connection: Option<Connection>, uri: &Uri, headers: &HeaderMap) -> Self {
        let source = match connection.map(|connection| connection.peer) {
            Some(Peer::Tcp(address)) => ClientSource::Addr(address.into()),
            Some(Peer::Unix) => ClientSource::Unix,
            None => ClientSource::Unknown,
        };
        Self {
            source,
            scheme: connection.map_or_else(Scheme::default, |connection| connection.scheme),
            host: Host::of(uri, headers),
            peer: connection.map(|connection| connection.peer),
        }
    }

    /// Returns where the request comes from.
    #[must_use]
    pub fn source(&self) -> ClientSource {
        self.source
    }

    /// Returns the client's address. `None` is a unix socket or unknown: [`source`](Self::source)
    /// distinguishes the two.
    #[must_use]
    pub fn addr(&self) -> Option<ClientAddr> {
        match self.source {
            ClientSource::Addr(addr) => Some(addr),
            ClientSource::Unix | ClientSource::Unknown => None,
        }
    }

    /// Returns the IP address of [`addr`](Self::addr).
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.addr().map(|addr| addr.ip())
    }

    /// Returns the scheme of the URL that the client requested.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Returns the host that the client requested; `None` if the request has none, or a malformed
    /// one.
    #[must_use]
    pub fn host(&self) -> Option<&Host> {
        self.host.as_ref()
    }

    /// Returns the other end of the connection, which no header changes. `None` if the connection
    /// is unknown.
    #[must_use]
    pub fn peer(&self) -> Option<Peer> {
        self.peer
    }

    /// Returns the beginning of absolute URLs of this site, such as `https://example.com` or
    /// `http://example.com:8888`, if the host is known. The scheme's default port is left out.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        let host = self.host.as_ref()?;
        let port = host
            .port()
            .filter(|&port| port != self.scheme.default_port());
        let port = port.map_or_else(String::new, |port| format!(":{port}"));
        Some(format!("{}://{}{port}", self.scheme, host.name()))
    }
}

/// An IP address without its port, `unix` or `unknown`: for logs.
impl fmt::Display for ClientSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addr(addr) => addr.ip().fmt(f),
            Self::Unix => f.write_str("unix"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}
