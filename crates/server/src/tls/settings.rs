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
/// TLS 1.3 and 1.2 are spoken, by rustls. While the server runs it looks at the files once a second.
/// When one has changed and stayed so for a second, all are read again, for the connections to
/// come; those that are open go on. Where new files are broken, the old certificates stay, and
/// the log says why, once. [`Handle::reload_certificates`](crate::Handle::reload_certificates) reads them at once.
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
    /// A server with this certificate and key. `chain` has the server's own certificate first, then
    /// those that lead to the root, as certbot's `fullchain.pem`; `key` is its private key, not encrypted.
    pub fn new(chain: impl AsRef<Path>, key: impl AsRef<Path>) -> Self {
        Self {
            pairs: Vec::new(),
            clients: None,
        }
        .certificate(chain, key)
    }

    /// One more certificate, for other names or with another kind of key. A client gets the first whose names
    /// have the one it asks for (SNI) and whose key it can deal with. If there is none, it gets
    /// the first of all.
    ///
    /// Defaults to no more.
    pub fn certificate(mut self, chain: impl AsRef<Path>, key: impl AsRef<Path>) -> Self {
        self.pairs.push(Pair {
            chain: chain.as_ref().to_owned(),
            key: key.as_ref().to_owned(),
        });
        self
    }

    /// Asks clients for a certificate that one of these authorities has issued, also in PEM. Who
    /// the client is tells [`TlsInfo::client_certificates`]. Revocation is not looked at.
    ///
    /// Defaults to none: clients are not asked.
    pub fn client_certificates(
        mut self,
        authorities: impl AsRef<Path>,
        need: ClientCertificates,
    ) -> Self {
        self.clients = Some((authorities.as_ref().to_owned(), need));
        self
    }

    /// All files that it names.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        let pairs = self.pairs.iter().flat_map(|pair| [&pair.chain, &pair.key]);
        let clients = self.clients.iter().map(|(authorities, _)| authorities);
        pairs.chain(clients).map(PathBuf::as_path)
    }
}
