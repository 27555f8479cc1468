//! What a request's extensions say of the connection that it came by.

use std::sync::Arc;

use crate::Address;

/// The connection that a request came by; in the extensions of every request.
///
/// The peer is whoever opened the connection: behind a proxy, the proxy.
///
/// # Examples
///
/// ```
/// use http::Request;
/// use squall_server::ConnectionInfo;
///
/// fn peer<B>(request: &Request<B>) -> String {
///     let connection = request.extensions().get::<ConnectionInfo>();
///     connection.map_or_else(String::new, |connection| connection.peer().to_string())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ConnectionInfo(Arc<Ends>);

#[derive(Debug)]
struct Ends {
    peer: Address,
    local: Address,
    id: u64,
}

impl ConnectionInfo {
    /// Describes a connection; for tests of services, and for other servers that serve them.
    #[must_use]
    pub fn new(peer: Address, local: Address, id: u64) -> Self {
        Self(Arc::new(Ends { peer, local, id }))
    }

    /// Who opened the connection.
    #[must_use]
    pub fn peer(&self) -> &Address {
        &self.0.peer
    }

    /// Where it was accepted.
    #[must_use]
    pub fn local(&self) -> &Address {
        &self.0.local
    }

    /// Its number, from 1 in the order of acceptance; no two of one process are the same.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.0.id
    }
}
