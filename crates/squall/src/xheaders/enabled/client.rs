//! Who a request comes from.

use std::convert::Infallible;

use axum_core::extract::FromRequestParts;
use http::{Extensions, request::Parts};
use squall_server::{Address, ConnectionInfo};
use squall_xheaders::{Connection, Peer, Scheme};

/// The client: address, scheme and host as it sees them, and the peer of the connection.
///
/// Behind a proxy these are what its headers say, where the [server believes
/// them](crate::Server::xheaders); otherwise the client is the peer.
///
/// # Examples
///
/// ```
/// use squall::Client;
///
/// async fn whoami(Client(client): Client) -> String {
///     match client.ip() {
///         Some(ip) => format!("{ip} by {}", client.scheme()),
///         None => "a unix socket".to_owned(),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it is taken apart where it is extracted"
)]
pub struct Client(pub squall_xheaders::Client);

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let told = parts.extensions.get::<squall_xheaders::Client>().cloned();
        Ok(Self(told.unwrap_or_else(|| {
            let connection = connection(&parts.extensions);
            squall_xheaders::Client::direct(connection, &parts.uri, &parts.headers)
        })))
    }
}

/// What the server knows of the connection, for `squall-xheaders`.
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
