//! What a request's extensions say of the connection that it came by.

use std::{mem, sync::Arc};

use crate::{Address, tls::TlsInfo};

/// The connection that a request came by; in the extensions of every request.
///
/// The peer is whoever opened the connection: behind a proxy, the proxy. Where the [PROXY
/// protocol](crate::Server::proxy_protocol) is on, the peer is whom its header names, for
/// every purpose. So it is the peer too whose forwarding headers may be believed. A balancer that speaks this
/// protocol passes bytes on without a look: a forwarding header in them was written by whoever
/// connected to *it*. To believe it for the sake of the balancer's address would be to believe anybody.
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

#[derive(Clone, Debug)]
struct Ends {
    peer: Address,
    proxy: Option<Address>,
    local: Address,
    id: u64,
    tls: Option<TlsInfo>,
}

impl ConnectionInfo {
    /// Describes a connection; for tests of services, and for other servers that serve them.
    #[must_use]
    pub fn new(peer: Address, local: Address, id: u64) -> Self {
        Self(Arc::new(Ends {
            peer,
            proxy: None,
            local,
            id,
            tls: None,
        }))
    }

    /// The same, if the proxy that opened the connection did so for this client.
    pub(crate) fn behind(mut self, client: Option<Address>) -> Self {
        if let Some(client) = client {
            let ends = Arc::make_mut(&mut self.0);
            ends.proxy = Some(mem::replace(&mut ends.peer, client));
        }
        self
    }

    /// The same, over TLS.
    pub(crate) fn encrypted(mut self, tls: TlsInfo) -> Self {
        Arc::make_mut(&mut self.0).tls = Some(tls);
        self
    }

    /// Who opened the connection, or on whose behalf the [PROXY
    /// protocol](crate::Server::proxy_protocol) says that it was opened.
    #[must_use]
    pub fn peer(&self) -> &Address {
        &self.0.peer
    }

    /// The proxy that opened the connection on behalf of the [`peer`](Self::peer), by the [PROXY
    /// protocol](crate::Server::proxy_protocol). For logs: trust is the peer's matter.
    #[must_use]
    pub fn proxy(&self) -> Option<&Address> {
        self.0.proxy.as_ref()
    }

    /// Whether the connection itself is encrypted (TLS).
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.0.tls.is_some()
    }

    /// What the TLS handshake told, where there was one.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.0.tls.as_ref()
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
