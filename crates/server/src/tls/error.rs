//! Configuration errors of the files for TLS.

use std::{
    env,
    error::Error,
    fmt, io,
    path::{self, Path, PathBuf},
};

/// A file that cannot be used for TLS. No variant shows its content.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// The file cannot be read.
    Read {
        /// Its path.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file is not in PEM, or cut off.
    Pem {
        /// Its path.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The file has no certificate.
    NoCertificate {
        /// Its path.
        path: PathBuf,
    },
    /// The file has no private key.
    NoKey {
        /// Its path.
        path: PathBuf,
    },
    /// The private key is encrypted with a passphrase.
    EncryptedKey {
        /// Its path.
        path: PathBuf,
    },
    /// The file has a certificate or a key that is broken, or of a kind that is not supported.
    Unusable {
        /// Its path.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The key is not that of the certificate.
    Mismatch {
        /// The file of the certificate.
        chain: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, .. } => write!(f, "cannot read {}", located(path)),
            Self::Pem { path, reason } => write!(f, "{} is not PEM: {reason}", path.display()),
            Self::NoCertificate { path } => write!(f, "no certificate in {}", path.display()),
            Self::NoKey { path } => write!(f, "no private key in {}", path.display()),
            Self::EncryptedKey { path } => write!(
                f,
                "the private key in {} is encrypted; decrypt it with `openssl pkey -in KEY -out PLAIN` \
                 and make the result readable to the server's user only",
                path.display()
            ),
            Self::Unusable { path, reason } => {
                write!(f, "cannot use what is in {}: {reason}", path.display())
            }
            Self::Mismatch { chain, key } => write!(
                f,
                "the key in {} is not that of the certificate in {}",
                key.display(),
                chain.display()
            ),
        }
    }
}

/// Returns a path for a message: a relative one is ambiguous without the working directory.
fn located(path: &Path) -> String {
    match (path::absolute(path), env::current_dir()) {
        (Ok(absolute), Ok(directory)) if path.is_relative() => format!(
            "{} ({path:?} in the working directory {})",
            absolute.display(),
            directory.display()
        ),
        _ => path.display().to_string(),
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Read { source, .. } => Some(source),
            _ => None,
        }
    }
}
