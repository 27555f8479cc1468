//! Certificates and keys: reading the files, and the choice of a certificate for a client.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio_rustls::rustls::{
    CertificateError, Error, RootCertStore, ServerConfig,
    client::{verify_server_cert_signed_by_trust_anchor, verify_server_name},
    crypto::{CryptoProvider, ring},
    pki_types::{
        CertificateDer, PrivateKeyDer, ServerName, UnixTime,
        pem::{self, PemObject},
    },
    server::{
        ClientHello, ParsedCertificate, ResolvesServerCert, WebPkiClientVerifier,
        danger::ClientCertVerifier,
    },
    sign::CertifiedKey,
};

use super::{
    error::TlsError,
    settings::{ClientCertificates, PROTOCOLS, Pair, Tls},
};

impl Tls {
    /// Reads the files and checks that they can be used.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or used. An expired certificate is only a warning in the log.
    pub fn check(&self) -> Result<(), TlsError> {
        load(self).map(drop)
    }
}

/// The content of the files.
pub(super) struct Loaded {
    pub(super) config: Arc<ServerConfig>,
    /// Chains that clients will refuse today, and why.
    invalid: Vec<(PathBuf, CertificateError)>,
}

impl Loaded {
    pub(super) fn warn(&self) {
        for (chain, error) in &self.invalid {
            tracing::warn!(chain = %chain.display(), %error, "clients will refuse a certificate");
        }
    }
}

/// Reads all files.
pub(super) fn load(tls: &Tls) -> Result<Loaded, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let pairs = tls.pairs.iter().map(|pair| read_pair(pair, &provider));
    let pairs: Vec<_> = pairs.collect::<Result<_, _>>()?;
    let chains = tls.pairs.iter().map(|pair| pair.chain.clone());
    let invalid = chains
        .zip(&pairs)
        .filter_map(|(path, pair)| Some((path, out_of_date(pair, &provider)?)))
        .collect();
    let certificates = Certificates(pairs);
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("ring supports TLS 1.2 and 1.3");
    let builder = match &tls.clients {
        Some((authorities, need)) => {
            builder.with_client_cert_verifier(verifier(authorities, *need, provider)?)
        }
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_cert_resolver(Arc::new(certificates));
    config.alpn_protocols = PROTOCOLS
        .iter()
        .map(|name| name.as_bytes().to_vec())
        .collect();
    Ok(Loaded {
        config: Arc::new(config),
        invalid,
    })
}

fn read_pair(pair: &Pair, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = read_certificates(&pair.chain)?;
    let text = read(&pair.key)?;
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        _ if is_encrypted(&text) => TlsError::EncryptedKey {
            path: pair.key.clone(),
        },
        pem::Error::NoItemsFound => TlsError::NoKey {
            path: pair.key.clone(),
        },
        error => not_pem(&pair.key, &error),
    })?;
    let certified = CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        Error::InconsistentKeys(_) => TlsError::Mismatch {
            chain: pair.chain.clone(),
            key: pair.key.clone(),
        },
        Error::InvalidCertificate(_) => unusable(&pair.chain, &error),
        error => unusable(&pair.key, &error),
    })?;
    Ok(Arc::new(certified))
}

/// Whether the text has an encrypted key: PKCS#8 (RFC 7468, section 11), or PKCS#1 and SEC 1 with
/// the header of RFC 1421, section 4.6.1.1.
fn is_encrypted(pem: &[u8]) -> bool {
    pem.split(|byte| matches!(byte, b'\n' | b'\r')).any(|line| {
        let line = line.trim_ascii();
        line == b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
            || line
                .strip_prefix(b"Proc-Type:")
                .is_some_and(|value| value.trim_ascii().ends_with(b",ENCRYPTED"))
    })
}

/// Returns why clients reject the certificate for its dates, if they do. rustls checks these before
/// the issuers, and no issuer is trusted here.
fn out_of_date(certified: &CertifiedKey, provider: &CryptoProvider) -> Option<CertificateError> {
    let (own, others) = certified.cert.split_first()?;
    let verified = verify_server_cert_signed_by_trust_anchor(
        &ParsedCertificate::try_from(own).ok()?,
        &RootCertStore::empty(),
        others,
        UnixTime::now(),
        provider.signature_verification_algorithms.all,
    );
    match verified {
        Err(Error::InvalidCertificate(
            error @ (CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYetContext { .. }),
        )) => Some(error),
        _ => None,
    }
}

fn verifier(
    authorities: &Path,
    need: ClientCertificates,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in read_certificates(authorities)? {
        let added = roots.add(certificate);
        added.map_err(|error| unusable(authorities, &error))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = match need {
        ClientCertificates::Optional => builder.allow_unauthenticated(),
        ClientCertificates::Required => builder,
    };
    builder.build().map_err(|error| TlsError::Unusable {
        path: authorities.to_owned(),
        reason: error.to_string(),
    })
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&read(path)?)
        .collect::<Result<_, _>>()
        .map_err(|error| not_pem(path, &error))?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate {
            path: path.to_owned(),
        });
    }
    Ok(certificates)
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Read {
        path: path.to_owned(),
        source,
    })
}

fn not_pem(path: &Path, error: &pem::Error) -> TlsError {
    TlsError::Pem {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

fn unusable(path: &Path, error: &Error) -> TlsError {
    TlsError::Unusable {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

/// All certificates of a server, in the order of preference; there is at least one.
#[derive(Debug)]
struct Certificates(Vec<Arc<CertifiedKey>>);

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let schemes = hello.signature_schemes();
        let usable = || {
            let pairs = self.0.iter();
            pairs.filter(|pair| pair.key.choose_scheme(schemes).is_some())
        };
        let name = hello
            .server_name()
            .and_then(|name| ServerName::try_from(name).ok());
        let named = name.and_then(|name| usable().find(|pair| is_for(pair, &name)));
        named.or_else(|| usable().next()).cloned()
    }
}

fn is_for(pair: &CertifiedKey, name: &ServerName<'_>) -> bool {
    pair.cert
        .first()
        .and_then(|own| ParsedCertificate::try_from(own).ok())
        .is_some_and(|own| verify_server_name(&own, name).is_ok())
}
