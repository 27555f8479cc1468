//! `ConnectionInfo`: the connection of a request, in the request's extensions.

use std::{mem, sync::Arc};

use crate::{Address, ShutdownSignal, tls::TlsInfo};

/// The connection of a request; in the extensions of every request.
///
/// The peer is the other end of the connection: behind a proxy, the proxy. With the [PROXY
/// protocol](crate::Server::proxy_protocol), the peer is the client that the header names, and
/// forwarding headers are trusted by that address. A balancer that sends the header forwards bytes
/// unread, so a forwarding header in them comes from its client: to trust it by the balancer's
/// address would be to trust every client.
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
    is_encrypted: bool,
    tls: Option<TlsInfo>,
    shutdown_signal: ShutdownSignal,
}

impl ConnectionInfo {
    /// Returns a description of a connection, for tests of services and for other servers. Its
    /// [`shutdown_signal`](Self::shutdown_signal) never comes.
    #[must_use]
    pub fn new(peer: Address, local: Address, id: u64) -> Self {
        Self(Arc::new(Ends {
            peer,
            proxy: None,
            local,
            id,
            is_encrypted: false,
            tls: None,
            shutdown_signal: ShutdownSignal::never(),
        }))
    }

    /// Sets the signal that the graceful shutdown has begun, for tests of services and for other
    /// servers.
    ///
    /// Default: a signal that never comes.
    #[must_use]
    pub fn with_shutdown_signal(mut self, signal: &ShutdownSignal) -> Self {
        let ends = Arc::make_mut(&mut self.0);
        ends.shutdown_signal = signal.clone().of_connection(ends.id);
        self
    }

    /// Whether both are of the same connection.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Sets whether the connection is encrypted, for other servers.
    ///
    /// Default: `false`.
    #[must_use]
    pub fn with_encryption(mut self, enabled: bool) -> Self {
        Arc::make_mut(&mut self.0).is_encrypted = enabled;
        self
    }

    /// Sets the peer to the client that the PROXY header names, if any, and the proxy to the former
    /// peer.
    pub(crate) fn behind(mut self, client: Option<Address>) -> Self {
        if let Some(client) = client {
            let ends = Arc::make_mut(&mut self.0);
            ends.proxy = Some(mem::replace(&mut ends.peer, client));
        }
        self
    }

    /// Sets the details of the TLS handshake.
    pub(crate) fn encrypted(mut self, tls: TlsInfo) -> Self {
        let ends = Arc::make_mut(&mut self.0);
        ends.is_encrypted = true;
        ends.tls = Some(tls);
        self
    }

    /// Returns the peer: the other end of the connection, or the client that the header of the
    /// [PROXY protocol](crate::Server::proxy_protocol) names.
    #[must_use]
    pub fn peer(&self) -> &Address {
        &self.0.peer
    }

    /// Returns the proxy that sent the header of the [PROXY
    /// protocol](crate::Server::proxy_protocol), for logs. Decide trust by the
    /// [`peer`](Self::peer).
    #[must_use]
    pub fn proxy(&self) -> Option<&Address> {
        self.0.proxy.as_ref()
    }

    /// Whether the connection itself is encrypted (TLS).
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.0.is_encrypted
    }

    /// Returns the details of the TLS handshake, if there was one.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.0.tls.as_ref()
    }

    /// Returns the local address.
    #[must_use]
    pub fn local(&self) -> &Address {
        &self.0.local
    }

    /// Returns the signal that the server's graceful shutdown has begun, for requests that would
    /// outlast it, such as event streams.
    #[must_use]
    pub fn shutdown_signal(&self) -> &ShutdownSignal {
        &self.0.shutdown_signal
    }

    /// Returns the connection's number, from 1 in the order of acceptance; unique in the process.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.0.id
    }
}
