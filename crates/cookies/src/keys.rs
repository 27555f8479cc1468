//! Keys: the secrets of a `CookieSecret` by key version, and the check of their strength.

use std::collections::BTreeMap;

use crate::error::ConfigError;

/// The output length of SHA-256: RFC 2104, section 3, discourages shorter keys. 32 hexadecimal
/// digits still have 128 bits of entropy.
const MIN_LENGTH: usize = 32;

/// Even 32 random hexadecimal digits practically always have at least this many distinct bytes.
const MIN_DISTINCT: usize = 6;

/// Text of placeholders in templates and guides, in lower case.
const PLACEHOLDERS: &[&str] = &[
    "__todo",
    "generate_your_own",
    "change_me",
    "change-me",
    "changeme",
    "replace_me",
    "replace-me",
    "placeholder",
    "your_secret",
    "your-secret",
    "cookie_secret",
    "cookie-secret",
];

pub(crate) enum Keys {
    /// Signs with key version 0, and verifies values of every key version.
    One(Vec<u8>),
    Versions {
        secrets: BTreeMap<u32, Vec<u8>>,
        key_version: u32,
    },
}

impl Keys {
    /// Returns the key version and the secret that sign new values.
    pub(crate) fn signing(&self) -> (u32, &[u8]) {
        match self {
            Self::One(secret) => (0, secret),
            Self::Versions {
                secrets,
                key_version,
            } => (*key_version, &secrets[key_version]),
        }
    }

    /// Returns the secret of a key version.
    pub(crate) fn verifying(&self, key_version: u32) -> Option<&[u8]> {
        match self {
            Self::One(secret) => Some(secret),
            Self::Versions { secrets, .. } => secrets.get(&key_version).map(Vec::as_slice),
        }
    }
}

/// Checks the strength of a secret.
pub(crate) fn check_secret(key_version: u32, secret: &[u8]) -> Result<(), ConfigError> {
    if secret.is_empty() {
        return Err(ConfigError::Empty { key_version });
    }
    let text = secret.to_ascii_lowercase();
    let is_in_text = |word: &&&str| {
        text.windows(word.len())
            .any(|window| window == word.as_bytes())
    };
    if let Some(contains) = PLACEHOLDERS.iter().find(is_in_text) {
        return Err(ConfigError::Placeholder {
            key_version,
            contains,
        });
    }
    if secret.len() < MIN_LENGTH {
        return Err(ConfigError::Short {
            key_version,
            length: secret.len(),
            min_length: MIN_LENGTH,
        });
    }
    let mut bytes = secret.to_vec();
    bytes.sort_unstable();
    bytes.dedup();
    if bytes.len() < MIN_DISTINCT {
        return Err(ConfigError::Repetitive {
            key_version,
            distinct: bytes.len(),
        });
    }
    Ok(())
}
