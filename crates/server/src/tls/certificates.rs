//! From files to what rustls serves with, and which certificate a client gets.

use std::{fs, path::Path, sync::Arc};

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

use super::{ClientCertificates, PROTOCOLS, Pair, Tls, TlsError};

/// Reads all files.
pub(super) fn load(tls: &Tls) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let pairs = tls.pairs.iter().map(|pair| read_pair(pair, &provider));
    let certificates = Certificates(pairs.collect::<Result<_, _>>()?);
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
    config.alpn_protocols = PROTOCOLS.map(|name| name.as_bytes().to_vec()).into();
    Ok(Arc::new(config))
}

fn read_pair(pair: &Pair, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = read_certificates(&pair.chain)?;
    let key = PrivateKeyDer::from_pem_slice(&read(&pair.key)?).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsError::NoKey {
            path: pair.key.clone(),
        },
        error => not_pem(&pair.key, &error),
    })?;
    let pair = match CertifiedKey::from_der(chain, key, provider) {
        Ok(certified) => Ok(certified),
        Err(Error::InconsistentKeys(_)) => Err(TlsError::Mismatch {
            chain: pair.chain.clone(),
            key: pair.key.clone(),
        }),
        Err(error @ Error::InvalidCertificate(_)) => Err(unusable(&pair.chain, &error)),
        Err(error) => Err(unusable(&pair.key, &error)),
    }
    .map(|certified| (certified, &pair.chain))?;
    let (certified, path) = pair;
    warn_if_expired(&certified, path, provider);
    Ok(Arc::new(certified))
}

/// Validity is the first thing that is looked at in a certificate, before its issuers, of which we
/// know none here.
fn warn_if_expired(certified: &CertifiedKey, path: &Path, provider: &CryptoProvider) {
    let Some((own, others)) = certified.cert.split_first() else {
        return;
    };
    let Ok(own) = ParsedCertificate::try_from(own) else {
        return;
    };
    let verified = verify_server_cert_signed_by_trust_anchor(
        &own,
        &RootCertStore::empty(),
        others,
        UnixTime::now(),
        provider.signature_verification_algorithms.all,
    );
    if let Err(Error::InvalidCertificate(
        error @ (CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. }),
    )) = verified
    {
        tracing::warn!(chain = %path.display(), %error, "clients will refuse the certificate");
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
