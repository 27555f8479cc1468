//! The TLS handshake, with the certificates that are current.

use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::rustls::ServerConfig;

use super::{
    certificates,
    error::TlsError,
    files::Files,
    info::TlsInfo,
    settings::Tls,
    stream::{SentRecorder, TlsStream},
};
use crate::{Address, state::ConnectionState, stream::Stream};

/// Does the TLS handshakes of one address, with certificates that may change while it runs.
#[derive(Debug)]
pub(crate) struct TlsAcceptor {
    tls: Tls,
    config: RwLock<Arc<ServerConfig>>,
    pub(super) files: Files,
}

impl TlsAcceptor {
    pub(crate) fn load(tls: &Tls) -> Result<Self, TlsError> {
        // Checked before they are read, so that a change in between is found by the next check.
        let files = Files::new(tls.paths());
        let loaded = certificates::load(tls)?;
        loaded.warn();
        Ok(Self {
            config: RwLock::new(loaded.config),
            tls: tls.clone(),
            files,
        })
    }

    /// Does the handshake with a client; `None` if it failed. It has no deadline of its own.
    pub(crate) async fn accept(
        &self,
        stream: Stream,
        peer: &Address,
        state: &Arc<ConnectionState>,
    ) -> Option<(TlsStream, TlsInfo)> {
        let acceptor = tokio_rustls::TlsAcceptor::from(self.config());
        match acceptor.accept(SentRecorder::new(stream, state)).await {
            Ok(stream) => {
                let info = TlsInfo::of(stream.get_ref().1);
                Some((Box::new(stream), info))
            }
            // A scanner, a client that does not trust the certificate, or one that disconnected.
            Err(error) => {
                tracing::debug!(%peer, error = &error as &dyn std::error::Error, "a TLS handshake failed");
                None
            }
        }
    }

    fn config(&self) -> Arc<ServerConfig> {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&config)
    }

    /// Reads all files again. If they cannot be used, the old certificates stay.
    pub(super) fn reload(&self) {
        match certificates::load(&self.tls) {
            Ok(loaded) => {
                loaded.warn();
                *self.config.write().unwrap_or_else(PoisonError::into_inner) = loaded.config;
                tracing::info!(chain = %self.tls.pairs[0].chain.display(), "read the certificates again");
            }
            Err(error) => {
                let source = std::error::Error::source(&error);
                tracing::error!(%error, source, "cannot use the new certificates; the old ones stay");
            }
        }
    }
}
