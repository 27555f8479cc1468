//! `TlsInfo`: results of a connection's TLS handshake.

use tokio_rustls::rustls::ServerConnection;

use super::settings::PROTOCOLS;

/// Results of a connection's TLS handshake.
#[derive(Clone, Debug)]
pub struct TlsInfo {
    server_name: Option<String>,
    protocol: Option<&'static str>,
    client_certificates: Vec<Vec<u8>>,
}

impl TlsInfo {
    pub(super) fn of(connection: &ServerConnection) -> Self {
        let agreed = connection.alpn_protocol();
        let protocol = PROTOCOLS
            .iter()
            .copied()
            .find(|known| agreed == Some(known.as_bytes()));
        let certificates = connection.peer_certificates().unwrap_or_default();
        Self {
            server_name: connection.server_name().map(str::to_owned),
            protocol,
            client_certificates: certificates.iter().map(|der| der.to_vec()).collect(),
        }
    }

    /// Returns the name that the client requested (SNI, RFC 6066, 3), if any. It need not be a name
    /// of this server.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// Returns the protocol that was negotiated (ALPN, RFC 7301), `h2` or `http/1.1`, if the client
    /// offered any.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol
    }

    /// Returns the client's certificates in DER, its own first, or none if the client sent none.
    /// The chain was verified. The application decides what the named client may do.
    pub fn client_certificates(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.client_certificates.iter().map(Vec::as_slice)
    }

    pub(crate) fn is_http2(&self) -> bool {
        self.protocol == Some("h2")
    }
}
