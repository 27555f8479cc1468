//! Who a request comes from.

use std::convert::Infallible;

use axum_core::extract::FromRequestParts;
use http::{Extensions, Request, request::Parts};
use squall_server::{Address, ConnectionInfo};
use squall_xheaders::{Connection, Peer, XHeaders};

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
        if let Some(client) = parts.extensions.get::<squall_xheaders::Client>() {
            return Ok(Self(client.clone()));
        }
        let mut request = Request::new(());
        request.uri_mut().clone_from(&parts.uri);
        request.headers_mut().clone_from(&parts.headers);
        let nothing_read = XHeaders::new().headers([]);
        let client = nothing_read.client(connection(&parts.extensions), &request);
        Ok(Self(
            client.expect("no two headers are read that could differ"),
        ))
    }
}

/// What the server knows of the connection, for `squall-xheaders`.
pub(crate) fn connection(extensions: &Extensions) -> Option<Connection> {
    let peer = match extensions.get::<ConnectionInfo>()?.peer() {
        Address::Tcp(peer) => Peer::Tcp(*peer),
        _ => Peer::Unix,
    };
    Some(peer.into())
}
