//! Keys: what a `CookieSecret` signs with, by key version, and the check of a secret's strength.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

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
    One(Box<Key>),
    Versions {
        keys: BTreeMap<u32, Key>,
        key_version: u32,
    },
}

/// A secret, as HMAC needs it: each signature begins with a copy of the state that has the key, so
/// the key is hashed once.
pub(crate) struct Key {
    v1: Hmac<Sha1>,
    v2: Hmac<Sha256>,
}

impl Keys {
    /// Returns the key version and the key that sign new values.
    pub(crate) fn signing(&self) -> (u32, &Key) {
        match self {
            Self::One(key) => (0, key),
            Self::Versions { keys, key_version } => (*key_version, &keys[key_version]),
        }
    }

    /// Returns the key of a key version.
    pub(crate) fn verifying(&self, key_version: u32) -> Option<&Key> {
        match self {
            Self::One(key) => Some(key),
            Self::Versions { keys, .. } => keys.get(&key_version),
        }
    }
}

impl Key {
    pub(crate) fn new(secret: &[u8]) -> Self {
        let any_length = "HMAC takes keys of any length";
        Self {
            v1: KeyInit::new_from_slice(secret).expect(any_length),
            v2: KeyInit::new_from_slice(secret).expect(any_length),
        }
    }

    /// Returns the signature of format version 1, in hexadecimal.
    pub(crate) fn signature_v1(&self, parts: &[&str]) -> String {
        signature(&self.v1, parts)
    }

    /// Returns the signature of format version 2, in hexadecimal.
    pub(crate) fn signature_v2(&self, signed: &str) -> String {
        signature(&self.v2, &[signed])
    }
}

fn signature(keyed: &(impl Mac + Clone), parts: &[&str]) -> String {
    let mut mac = keyed.clone();
    for part in parts {
        mac.update(part.as_bytes());
    }
    base16ct::lower::encode_string(&mac.finalize().into_bytes())
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
