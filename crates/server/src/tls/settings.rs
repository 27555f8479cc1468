//! HTTPS settings: certificates, keys and the authorities of client certificates.

use std::path::{Path, PathBuf};

/// The protocols that clients can agree on in the handshake (RFC 7301).
pub(super) const PROTOCOLS: &[&str] = if cfg!(feature = "http2") {
    &["h2", "http/1.1"]
} else {
    &["http/1.1"]
};

/// HTTPS settings: files in PEM with certificates and keys.
///
/// rustls speaks TLS 1.3 and 1.2. The server checks the files once a second. When a file has
/// changed and stayed so for a second, all are read again, for new connections; open connections go
/// on. If the new files cannot be used, the old certificates stay, and the reason is logged once.
/// [`Handle::reload_certificates`](crate::Handle::reload_certificates) reads the files at once.
///
/// # Examples
///
/// ```no_run
/// use squall_server::{ClientCertificates, Server, Tls};
///
/// let tls = Tls::new("example.org/fullchain.pem", "example.org/privkey.pem")
///     .certificate("example.net/fullchain.pem", "example.net/privkey.pem")
///     .client_certificates("staff-ca.pem", ClientCertificates::Optional);
/// let server = Server::new().bind_tls(443, tls);
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is encrypted before it is bound"]
pub struct Tls {
    pub(super) pairs: Vec<Pair>,
    pub(super) clients: Option<(PathBuf, ClientCertificates)>,
}

/// A chain of certificates and the key of the first of them.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) chain: PathBuf,
    pub(super) key: PathBuf,
}

/// Whether clients need certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientCertificates {
    /// A client without one is served. A certificate that is sent must be valid.
    Optional,
    /// A client without one is refused in the handshake.
    Required,
}

impl Tls {
    /// Returns settings with this certificate and key. `chain` has the server's own certificate
    /// first, then the intermediate ones, as certbot's `fullchain.pem`; `key` is its private key,
    /// not encrypted.
    pub fn new(chain: impl AsRef<Path>, key: impl AsRef<Path>) -> Self {
        Self {
            pairs: Vec::new(),
            clients: None,
        }
        .certificate(chain, key)
    }

    /// Adds a certificate, for other names or with another kind of key. A client gets the first
    /// certificate that has the requested name (SNI) and a key that the client supports. If there
    /// is none, it gets the first of all.
    ///
    /// Default: no more.
    pub fn certificate(mut self, chain: impl AsRef<Path>, key: impl AsRef<Path>) -> Self {
        self.pairs.push(Pair {
            chain: chain.as_ref().to_owned(),
            key: key.as_ref().to_owned(),
        });
        self
    }

    /// Requests a certificate of clients, issued by one of these authorities, which are in PEM.
    /// [`TlsInfo::client_certificates`](crate::TlsInfo::client_certificates) returns it. Revocation
    /// is not checked.
    ///
    /// Default: none; no certificate is requested.
    pub fn client_certificates(
        mut self,
        authorities: impl AsRef<Path>,
        need: ClientCertificates,
    ) -> Self {
        self.clients = Some((authorities.as_ref().to_owned(), need));
        self
    }

    /// Returns all files that it names.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        let pairs = self.pairs.iter().flat_map(|pair| [&pair.chain, &pair.key]);
        let clients = self.clients.iter().map(|(authorities, _)| authorities);
        pairs.chain(clients).map(PathBuf::as_path)
    }
}
