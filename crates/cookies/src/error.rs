//! Errors of cookie secrets, signed values and cookies to be set.

use std::{error::Error, fmt};

/// A configuration error of a cookie secret. It never contains the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The secret is empty.
    Empty {
        /// The key version of the secret; 0 for a single secret.
        key_version: u32,
    },
    /// The secret is short enough to be guessed.
    Short {
        /// The key version of the secret; 0 for a single secret.
        key_version: u32,
        /// Its length in bytes.
        length: usize,
        /// The minimum length in bytes.
        min_length: usize,
    },
    /// The secret is a placeholder from a template or a guide.
    Placeholder {
        /// The key version of the secret; 0 for a single secret.
        key_version: u32,
        /// The text that identifies the placeholder.
        contains: &'static str,
    },
    /// The secret consists of too few distinct bytes.
    Repetitive {
        /// The key version of the secret; 0 for a single secret.
        key_version: u32,
        /// The number of distinct bytes.
        distinct: usize,
    },
    /// Two secrets have the same version.
    Duplicate {
        /// The key version.
        key_version: u32,
    },
    /// No secret has the key version that signs.
    NoSuchKeyVersion {
        /// The key version.
        key_version: u32,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { key_version } => {
                write!(f, "the cookie secret{} is empty", Version(*key_version))
            }
            Self::Short {
                key_version,
                length,
                min_length,
            } => write!(
                f,
                "the cookie secret{} has {length} bytes; use at least {min_length} random bytes",
                Version(*key_version)
            ),
            Self::Placeholder {
                key_version,
                contains,
            } => write!(
                f,
                "the cookie secret{} contains the placeholder {contains:?}; generate a random secret",
                Version(*key_version)
            ),
            Self::Repetitive {
                key_version,
                distinct,
            } => write!(
                f,
                "the cookie secret{} has only {distinct} distinct bytes; generate a random secret",
                Version(*key_version)
            ),
            Self::Duplicate { key_version } => {
                write!(f, "two cookie secrets have key version {key_version}")
            }
            Self::NoSuchKeyVersion { key_version } => write!(
                f,
                "key_version is {key_version}, but no cookie secret has this version"
            ),
        }
    }
}

impl Error for ConfigError {}

/// Displays a key version, unless it is 0.
struct Version(u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            version => write!(f, " of key version {version}"),
        }
    }
}

/// The reason that a signed value was rejected.
#[derive(Clone, Debug)]
pub struct SignedValueError {
    pub(crate) kind: SignedValueErrorKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignedValueErrorKind {
    Malformed,
    Version,
    UnknownKey,
    Signature,
    Name,
    Expired,
    Future,
    NoSecret,
}

impl SignedValueError {
    /// Whether the text does not have the format of a signed value.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        self.kind == SignedValueErrorKind::Malformed
    }

    /// Whether the format version is older than [`min_version`](crate::Validity::min_version), or
    /// unknown.
    #[must_use]
    pub fn is_version(&self) -> bool {
        self.kind == SignedValueErrorKind::Version
    }

    /// Whether no secret has the value's key version.
    #[must_use]
    pub fn is_unknown_key(&self) -> bool {
        self.kind == SignedValueErrorKind::UnknownKey
    }

    /// Whether the signature does not match: another secret was used, or the value was changed.
    #[must_use]
    pub fn is_signature(&self) -> bool {
        self.kind == SignedValueErrorKind::Signature
    }

    /// Whether it was signed for another name.
    #[must_use]
    pub fn is_name(&self) -> bool {
        self.kind == SignedValueErrorKind::Name
    }

    /// Whether it is older than [`max_age_days`](crate::Validity::max_age_days).
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.kind == SignedValueErrorKind::Expired
    }

    /// Whether it has version 1 and a timestamp far in the future, which indicates tampering.
    #[must_use]
    pub fn is_future(&self) -> bool {
        self.kind == SignedValueErrorKind::Future
    }

    /// Whether the layer has no [`secret`](crate::CookiesLayer::secret).
    #[must_use]
    pub fn is_no_secret(&self) -> bool {
        self.kind == SignedValueErrorKind::NoSecret
    }
}

impl From<SignedValueErrorKind> for SignedValueError {
    fn from(kind: SignedValueErrorKind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for SignedValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            SignedValueErrorKind::Malformed => "malformed signed value",
            SignedValueErrorKind::Version => "the signed value has an unsupported format version",
            SignedValueErrorKind::UnknownKey => {
                "no cookie secret has the key version of the signed value"
            }
            SignedValueErrorKind::Signature => "the signature of the signed value does not match",
            SignedValueErrorKind::Name => "the value was signed for another name",
            SignedValueErrorKind::Expired => "the signed value has expired",
            SignedValueErrorKind::Future => "the signed value has a timestamp in the future",
            SignedValueErrorKind::NoSecret => "no cookie secret is configured",
        })
    }
}

impl Error for SignedValueError {}

/// The reason that a cookie was not set: a part of it would inject an attribute, or browsers would
/// reject the cookie.
#[derive(Clone, Debug)]
pub struct SetCookieError {
    pub(crate) kind: SetCookieErrorKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetCookieErrorKind {
    Name,
    Value,
    Domain,
    Path,
    Expires,
    Prefix,
    NoSecret,
}

impl SetCookieError {
    /// Whether the name is not a token (RFC 6265, section 4.1.1).
    #[must_use]
    pub fn is_name(&self) -> bool {
        self.kind == SetCookieErrorKind::Name
    }

    /// Whether the value has characters that a cookie value cannot have (RFC 6265, section 4.1.1):
    /// control characters, spaces, `"`, `,`, `;`, `\` or non-ASCII characters.
    #[must_use]
    pub fn is_value(&self) -> bool {
        self.kind == SetCookieErrorKind::Value
    }

    /// Whether the domain is not an ASCII host name.
    #[must_use]
    pub fn is_domain(&self) -> bool {
        self.kind == SetCookieErrorKind::Domain
    }

    /// Whether the path does not start with `/`, or has control characters, spaces, `;` or
    /// non-ASCII characters.
    #[must_use]
    pub fn is_path(&self) -> bool {
        self.kind == SetCookieErrorKind::Path
    }

    /// Whether the expiry time cannot be formatted.
    #[must_use]
    pub fn is_expires(&self) -> bool {
        self.kind == SetCookieErrorKind::Expires
    }

    /// Whether the name starts with `__Host-` and the cookie has a domain or a path other than `/`
    /// (RFC 6265bis, section 4.1.3).
    #[must_use]
    pub fn is_prefix(&self) -> bool {
        self.kind == SetCookieErrorKind::Prefix
    }

    /// Whether the cookie was to be signed, but the layer has no
    /// [`secret`](crate::CookiesLayer::secret).
    #[must_use]
    pub fn is_no_secret(&self) -> bool {
        self.kind == SetCookieErrorKind::NoSecret
    }
}

impl From<SetCookieErrorKind> for SetCookieError {
    fn from(kind: SetCookieErrorKind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for SetCookieError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            SetCookieErrorKind::Name => "the cookie's name is not a token",
            SetCookieErrorKind::Value => "the cookie's value has a character that must be encoded",
            SetCookieErrorKind::Domain => "the cookie's domain is not a host name",
            SetCookieErrorKind::Path => {
                "the cookie's path does not start with \"/\", or has a character that must be encoded"
            }
            SetCookieErrorKind::Expires => "the cookie's expiry time cannot be formatted",
            SetCookieErrorKind::Prefix => {
                "a cookie with the prefix \"__Host-\" cannot have a domain or a path other than \"/\""
            }
            SetCookieErrorKind::NoSecret => "no cookie secret is configured, so no cookie can be signed",
        })
    }
}

impl Error for SetCookieError {}
