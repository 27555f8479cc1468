//! The extractor of the client.

use std::convert::Infallible;

use axum_core::extract::FromRequestParts;
use http::{Extensions, HeaderMap, Request, Uri, request::Parts};
use squall_server::{Address, ConnectionInfo};
use squall_xheaders::{Connection, Peer, Scheme, XHeaders, XHeadersLayer};

/// The client: address, scheme and host as it sees them, and the peer of the connection.
///
/// Behind a [trusted proxy](crate::Server::xheaders) they come from its forwarding headers;
/// otherwise the client is the peer. Where headers contradict each other, the address is
/// [unknown](crate::ClientSource::Unknown): never the proxy's.
///
/// # Examples
///
/// ```
/// use squall::Client;
///
/// async fn whoami(Client(client): Client) -> String {
///     format!("{} by {}", client.source(), client.scheme())
/// }
/// ```
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it is taken apart where it is extracted"
)]
pub struct Client(pub squall_xheaders::Client);

impl Client {
    /// Returns the client of a request, for tower layers; it is an extractor for handlers.
    pub fn of<B>(request: &Request<B>) -> Self {
        Self(find(request.extensions(), request.uri(), request.headers()))
    }

    /// Returns the tower layer of trusted proxies, for an application in another server, which sets a
    /// [`ConnectionInfo`]. In squall's server it is [`Server::xheaders_with`](crate::Server::xheaders_with).
    #[must_use]
    pub fn layer(xheaders: XHeaders) -> XHeadersLayer {
        xheaders.layer(connection)
    }
}

/// Returns the client of a request.
pub(crate) fn client(request: &Parts) -> squall_xheaders::Client {
    find(&request.extensions, &request.uri, &request.headers)
}

/// Returns the client that trusted proxies name, or the peer.
fn find(extensions: &Extensions, uri: &Uri, headers: &HeaderMap) -> squall_xheaders::Client {
    let known = extensions.get::<squall_xheaders::Client>().cloned();
    known.unwrap_or_else(|| squall_xheaders::Client::direct(connection(extensions), uri, headers))
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(client(parts)))
    }
}

/// Returns the connection in the types of `squall-xheaders`.
pub(crate) fn connection(extensions: &Extensions) -> Option<Connection> {
    let connection = extensions.get::<ConnectionInfo>()?;
    let peer = match connection.peer() {
        Address::Tcp(peer) => Peer::Tcp(*peer),
        _ => Peer::Unix,
    };
    let scheme = if connection.is_encrypted() {
        Scheme::Https
    } else {
        Scheme::Http
    };
    Some(Connection::from(peer).scheme(scheme))
}
