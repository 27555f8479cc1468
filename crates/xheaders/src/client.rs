//! The client behind a request, as far as it can be known.

use std::net::IpAddr;

use http::{HeaderMap, Uri};

use crate::{ClientAddr, Connection, Host, Peer, Scheme};

/// The client that a request comes from; in the extensions of every request that has passed
/// [`XHeadersLayer`](crate::XHeadersLayer).
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) addr: Option<ClientAddr>,
    pub(crate) scheme: Scheme,
    pub(crate) host: Option<Host>,
    pub(crate) peer: Option<Peer>,
}

impl Client {
    /// The client where no forwarding header is believed: the peer, and the host that the request itself names.
    #[must_use]
    pub fn direct(connection: Option<Connection>, uri: &Uri, headers: &HeaderMap) -> Self {
        let addr = match connection.map(|connection| connection.peer) {
            Some(Peer::Tcp(address)) => Some(address.into()),
            Some(Peer::Unix) | None => None,
        };
        Self {
            addr,
            scheme: connection.map_or_else(Scheme::default, |connection| connection.scheme),
            host: Host::of(uri, headers),
            peer: connection.map(|connection| connection.peer),
        }
    }

    /// The client's address. `None` if the peer came by a unix socket, or is not known, and no
    /// header could be believed.
    #[must_use]
    pub fn addr(&self) -> Option<ClientAddr> {
        self.addr
    }

    /// The IP address of [`addr`](Self::addr).
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.addr.map(|addr| addr.ip())
    }

    /// The scheme of the URL that the client asked for.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host that the client asked for; `None` if the request names none, or none of the right form.
    #[must_use]
    pub fn host(&self) -> Option<&Host> {
        self.host.as_ref()
    }

    /// Who opened the connection, whatever the headers say. `None` if the server does not tell.
    #[must_use]
    pub fn peer(&self) -> Option<Peer> {
        self.peer
    }

    /// What absolute URLs of this site begin with, such as `https://example.com` or
    /// `http://example.com:8888`, if the host is known. The scheme's own port is left out.
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
