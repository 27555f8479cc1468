//! The secrets that values are signed with, and which of them are worth the name.

use std::{collections::BTreeMap, fmt, io, sync::Arc, time::SystemTime};

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{ConfigError, SignedValueError, Validity, signed};

/// As long as the hash: RFC 2104, section 3, discourages shorter keys. Written in hexadecimal digits, 32 bytes still
/// are 128 bits that nobody guesses.
pub(crate) const MIN_LENGTH: usize = 32;

/// Fewer different bytes are no accident: of 32 random hexadecimal digits, the poorest that will ever be seen.
const MIN_DISTINCT: usize = 6;

/// What stands in templates and guides where a secret should. In lower case.
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

/// Tornado's `cookie_secret`: what signs values, and what verifies them.
///
/// It is cheap to clone, and `Debug` never shows a secret.
#[derive(Clone)]
pub struct CookieSecret {
    pub(crate) keys: Arc<Keys>,
}

pub(crate) enum Keys {
    /// Signs with key version 0, and verifies whatever version a value names.
    One(Vec<u8>),
    Versions {
        secrets: BTreeMap<u32, Vec<u8>>,
        key_version: u32,
    },
}

impl CookieSecret {
    /// One secret of at least 32 bytes.
    ///
    /// # Errors
    ///
    /// When the secret is empty, short, repetitive or a placeholder.
    pub fn new(secret: impl Into<Vec<u8>>) -> Result<Self, ConfigError> {
        let secret = secret.into();
        check(0, &secret)?;
        Ok(Self::one(secret))
    }

    /// Several secrets by their versions, so that they can be exchanged while users stay signed in. The one of
    /// `key_version`, Tornado's setting of this name, signs; all of them verify.
    ///
    /// To go from one secret to several, let the first have version 0.
    ///
    /// ```
    /// # use squall_cookies::CookieSecret;
    /// # let (old, new) = (CookieSecret::generate()?, CookieSecret::generate()?);
    /// let secret = CookieSecret::versions([(0, old), (1, new)], 1)?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When one of them is empty, short, repetitive or a placeholder, when two have the same version, or none
    /// has that which is to sign.
    pub fn versions<S: Into<Vec<u8>>>(
        secrets: impl IntoIterator<Item = (u32, S)>,
        key_version: u32,
    ) -> Result<Self, ConfigError> {
        let mut by_version = BTreeMap::new();
        for (key_version, secret) in secrets {
            let secret = secret.into();
            check(key_version, &secret)?;
            if by_version.insert(key_version, secret).is_some() {
                return Err(ConfigError::Duplicate { key_version });
            }
        }
        if !by_version.contains_key(&key_version) {
            return Err(ConfigError::NoSuchKeyVersion { key_version });
        }
        Ok(Self {
            keys: Arc::new(Keys::Versions {
                secrets: by_version,
                key_version,
            }),
        })
    }

    /// One secret that may be known to anybody, for a program that only its author can reach.
    ///
    /// # Errors
    ///
    /// When it is empty.
    pub fn weak_for_debug(secret: impl Into<Vec<u8>>) -> Result<Self, ConfigError> {
        let secret = secret.into();
        if secret.is_empty() {
            return Err(ConfigError::Empty { key_version: 0 });
        }
        Ok(Self::one(secret))
    }

    /// Makes up a secret: 32 random bytes, in Base64. It is for a person to keep, not for a program to
    /// make at each start, which would sign everybody out.
    ///
    /// # Errors
    ///
    /// When the system gives no random bytes.
    pub fn generate() -> io::Result<String> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        Ok(BASE64_STANDARD.encode(secret))
    }

    /// Signs `value` for `name`, in the format of version 2: text of ASCII characters that may stand in a cookie if
    /// the name may.
    #[must_use]
    pub fn create_signed_value(
        &self,
        name: &str,
        value: impl AsRef<[u8]>,
        now: SystemTime,
    ) -> String {
        signed::create(&self.keys, name, value.as_ref(), now)
    }

    /// Verifies what [`create_signed_value`](Self::create_signed_value) or Tornado has made for `name`, and
    /// gives the value back.
    ///
    /// # Errors
    ///
    /// When it should not be believed; the error says why.
    pub fn decode_signed_value(
        &self,
        name: &str,
        signed: &str,
        validity: Validity,
        now: SystemTime,
    ) -> Result<Vec<u8>, SignedValueError> {
        signed::decode(&self.keys, name, signed, validity, now).map_err(Into::into)
    }

    fn one(secret: Vec<u8>) -> Self {
        Self {
            keys: Arc::new(Keys::One(secret)),
        }
    }
}

impl fmt::Debug for CookieSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("CookieSecret");
        if let Keys::Versions {
            secrets,
            key_version,
        } = &*self.keys
        {
            debug.field("versions", &Vec::from_iter(secrets.keys()));
            debug.field("key_version", key_version);
        }
        debug.finish_non_exhaustive()
    }
}

impl Keys {
    /// What new values are signed with.
    pub(crate) fn signing(&self) -> (u32, &[u8]) {
        match self {
            Self::One(secret) => (0, secret),
            Self::Versions {
                secrets,
                key_version,
            } => (*key_version, &secrets[key_version]),
        }
    }

    /// What a value of this key version was signed with.
    pub(crate) fn verifying(&self, key_version: u32) -> Option<&[u8]> {
        match self {
            Self::One(secret) => Some(secret),
            Self::Versions { secrets, .. } => secrets.get(&key_version).map(Vec::as_slice),
        }
    }
}

fn check(key_version: u32, secret: &[u8]) -> Result<(), ConfigError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "d91f0ab26c3e4785d91f0ab26c3e4785";

    #[test]
    fn secrets_that_are_none() {
        let long = "x".repeat(64);
        for (secret, error) in [
            ("", "the cookie secret is empty"),
            (
                "secret",
                "the cookie secret has 6 bytes, and needs at least 32",
            ),
            (
                &GOOD[1..],
                "the cookie secret has 31 bytes, and needs at least 32",
            ),
            (
                "__TODO:_GENERATE_YOUR_OWN_RANDOM_VALUE_HERE__",
                "the cookie secret contains \"__todo\": it is a placeholder, so everybody knows it",
            ),
            (
                "ChangeMe",
                "the cookie secret contains \"changeme\": it is a placeholder, so everybody knows it",
            ),
            (
                "please-Generate_Your_Own-before-this-goes-live",
                "the cookie secret contains \"generate_your_own\": it is a placeholder, so everybody knows it",
            ),
            (&long, "the cookie secret is made of only 1 different bytes"),
            (
                "abcabcabcabcabcabcabcabcabcabcabcabc",
                "the cookie secret is made of only 3 different bytes",
            ),
        ] {
            assert_eq!(CookieSecret::new(secret).unwrap_err().to_string(), error);
            if !secret.is_empty() {
                let error = CookieSecret::versions([(0, GOOD), (7, secret)], 0).unwrap_err();
                assert!(error.to_string().contains("of key version 7"), "{error}");
            }
            assert_eq!(
                CookieSecret::weak_for_debug(secret).is_ok(),
                !secret.is_empty()
            );
        }
    }

    #[test]
    fn secrets_that_are_some() {
        let generated = CookieSecret::generate().unwrap();
        assert_eq!(generated.len(), 44);
        assert_ne!(generated, CookieSecret::generate().unwrap());
        let bytes = Vec::from_iter(200..=255);
        for secret in [GOOD.as_bytes(), generated.as_bytes(), &bytes] {
            assert!(CookieSecret::new(secret).is_ok());
        }
    }

    #[test]
    fn versions() {
        let error = |versions: &[(u32, &str)], key_version| {
            let versions = versions.iter().copied();
            let result = CookieSecret::versions(versions, key_version);
            result.unwrap_err().to_string()
        };
        assert_eq!(
            error(&[(1, GOOD)], 2),
            "key_version is 2, and there is no cookie secret of that version"
        );
        assert_eq!(
            error(&[], 0),
            "key_version is 0, and there is no cookie secret of that version"
        );
        assert_eq!(
            error(&[(1, GOOD), (1, GOOD)], 1),
            "two cookie secrets have the key version 1"
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        let one = CookieSecret::new(GOOD).unwrap();
        assert_eq!(format!("{one:?}"), "CookieSecret { .. }");
        let several = CookieSecret::versions([(1, GOOD), (2, GOOD)], 2).unwrap();
        assert_eq!(
            format!("{several:?}"),
            "CookieSecret { versions: [1, 2], key_version: 2, .. }"
        );
    }
}
