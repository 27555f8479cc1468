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

    /// The name that the client asked for (SNI, RFC 6066, 3), if any. It need not be one of ours.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// The protocol that both sides agreed on (ALPN, RFC 7301), `h2` or `http/1.1`, if the client
    /// offered any.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol
    }

    /// The client's certificates in DER, its own first. Its chain was verified; what it says of the
    /// client, and whether that client may do what it asks for, is for the application to see. Empty if it
    /// showed none.
    pub fn client_certificates(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.client_certificates.iter().map(Vec::as_slice)
    }

    pub(crate) fn is_http2(&self) -> bool {
        self.protocol == Some("h2")
    }
}
