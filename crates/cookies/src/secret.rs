//! `CookieSecret`: signs and verifies values, with one secret or several key versions.

use std::{collections::BTreeMap, fmt, io, sync::Arc, time::SystemTime};

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{
    error::{ConfigError, SignedValueError},
    keys::{Key, Keys, check_secret},
    signed::{self, Validity},
};

/// Tornado's `cookie_secret`: the keys that sign and verify values.
///
/// Cheap to clone. `Debug` never shows a secret.
#[derive(Clone)]
pub struct CookieSecret {
    keys: Arc<Keys>,
}

impl CookieSecret {
    /// Creates a secret from at least 32 random bytes.
    ///
    /// # Errors
    ///
    /// Returns an error if the secret is empty, short, repetitive or a placeholder.
    pub fn new(secret: impl Into<Vec<u8>>) -> Result<Self, ConfigError> {
        let secret = secret.into();
        check_secret(0, &secret)?;
        Ok(Self::one(&secret))
    }

    /// Creates a set of secrets by key version, so that secrets can be rotated while users stay
    /// signed in. The secret of `key_version`, Tornado's setting of this name, signs; all of them
    /// verify.
    ///
    /// To add a second secret to a single one, give the existing secret version 0.
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
    /// Returns an error if a secret is empty, short, repetitive or a placeholder, if two secrets
    /// have the same version, or if no secret has the version `key_version`.
    pub fn versions<S: Into<Vec<u8>>>(
        secrets: impl IntoIterator<Item = (u32, S)>,
        key_version: u32,
    ) -> Result<Self, ConfigError> {
        let mut keys = BTreeMap::new();
        for (key_version, secret) in secrets {
            let secret = secret.into();
            check_secret(key_version, &secret)?;
            if keys.insert(key_version, Key::new(&secret)).is_some() {
                return Err(ConfigError::Duplicate { key_version });
            }
        }
        if !keys.contains_key(&key_version) {
            return Err(ConfigError::NoSuchKeyVersion { key_version });
        }
        Ok(Self {
            keys: Arc::new(Keys::Versions { keys, key_version }),
        })
    }

    /// Creates a secret without checking its strength, for debug mode on the developer's machine.
    ///
    /// # Errors
    ///
    /// Returns an error if the secret is empty.
    pub fn weak_for_debug(secret: impl Into<Vec<u8>>) -> Result<Self, ConfigError> {
        let secret = secret.into();
        if secret.is_empty() {
            return Err(ConfigError::Empty { key_version: 0 });
        }
        Ok(Self::one(&secret))
    }

    /// Generates a secret: 32 random bytes in Base64. Store it: a program that generates one at
    /// each start signs out all users.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system provides no random bytes.
    pub fn generate() -> io::Result<String> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        Ok(BASE64_STANDARD.encode(secret))
    }

    /// Signs `value` for `name` in format version 2. The result is ASCII text that is valid in a
    /// cookie if the name is.
    #[must_use]
    pub fn create_signed_value(
        &self,
        name: &str,
        value: impl AsRef<[u8]>,
        now: SystemTime,
    ) -> String {
        signed::sign(&self.keys, name, value.as_ref(), now)
    }

    /// Verifies a value that [`create_signed_value`](Self::create_signed_value) or Tornado signed
    /// for `name`, and returns the original value.
    ///
    /// # Errors
    ///
    /// Returns the reason if the value is rejected.
    pub fn decode_signed_value(
        &self,
        name: &str,
        signed: &str,
        validity: Validity,
        now: SystemTime,
    ) -> Result<Vec<u8>, SignedValueError> {
        signed::verify(&self.keys, name, signed, validity, now).map_err(Into::into)
    }

    fn one(secret: &[u8]) -> Self {
        Self {
            keys: Arc::new(Keys::One(Key::new(secret).into())),
        }
    }
}

impl fmt::Debug for CookieSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("CookieSecret");
        if let Keys::Versions { keys, key_version } = &*self.keys {
            debug.field("versions", &Vec::from_iter(keys.keys()));
            debug.field("key_version", key_version);
        }
        debug.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "d91f0ab26c3e4785d91f0ab26c3e4785";

    #[test]
    fn new_rejects_weak_secrets() {
        let long = "x".repeat(64);
        for (secret, error) in [
            ("", "the cookie secret is empty"),
            (
                "secret",
                "the cookie secret has 6 bytes; use at least 32 random bytes",
            ),
            (
                &GOOD[1..],
                "the cookie secret has 31 bytes; use at least 32 random bytes",
            ),
            (
                "__TODO:_GENERATE_YOUR_OWN_RANDOM_VALUE_HERE__",
                "the cookie secret contains the placeholder \"__todo\"; generate a random secret",
            ),
            (
                "ChangeMe",
                "the cookie secret contains the placeholder \"changeme\"; generate a random secret",
            ),
            (
                "please-Generate_Your_Own-before-this-goes-live",
                "the cookie secret contains the placeholder \"generate_your_own\"; generate a random secret",
            ),
            (
                &long,
                "the cookie secret has only 1 distinct bytes; generate a random secret",
            ),
            (
                "abcabcabcabcabcabcabcabcabcabcabcabc",
                "the cookie secret has only 3 distinct bytes; generate a random secret",
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
    fn new_accepts_random_secrets() {
        let generated = CookieSecret::generate().unwrap();
        assert_eq!(generated.len(), 44);
        assert_ne!(generated, CookieSecret::generate().unwrap());
        let bytes = Vec::from_iter(200..=255);
        for secret in [GOOD.as_bytes(), generated.as_bytes(), &bytes] {
            assert!(CookieSecret::new(secret).is_ok());
        }
    }

    #[test]
    fn versions_rejects_missing_and_duplicate_versions() {
        let error = |versions: &[(u32, &str)], key_version| {
            let versions = versions.iter().copied();
            let result = CookieSecret::versions(versions, key_version);
            result.unwrap_err().to_string()
        };
        assert_eq!(
            error(&[(1, GOOD)], 2),
            "key_version is 2, but no cookie secret has this version"
        );
        assert_eq!(
            error(&[], 0),
            "key_version is 0, but no cookie secret has this version"
        );
        assert_eq!(
            error(&[(1, GOOD), (1, GOOD)], 1),
            "two cookie secrets have key version 1"
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
