//! What can be wrong: with secrets, with signed values that clients send, and with cookies to be set.

use std::{error::Error, fmt};

/// A secret that is not one. The secret itself is never told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The secret has no bytes at all.
    Empty {
        /// Which of the secrets; 0 where there is one.
        key_version: u32,
    },
    /// The secret could be guessed.
    Short {
        /// Which of the secrets; 0 where there is one.
        key_version: u32,
        /// Its length in bytes.
        length: usize,
    },
    /// The secret stands in a template or a guide, for everybody to read.
    Placeholder {
        /// Which of the secrets; 0 where there is one.
        key_version: u32,
        /// What gives it away.
        contains: &'static str,
    },
    /// The secret is made of very few different bytes.
    Repetitive {
        /// Which of the secrets; 0 where there is one.
        key_version: u32,
        /// How many different bytes.
        distinct: usize,
    },
    /// Two secrets have the same version.
    Duplicate {
        /// That version.
        key_version: u32,
    },
    /// There is no secret of the version that is to sign.
    NoSuchKeyVersion {
        /// That version.
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
            } => write!(
                f,
                "the cookie secret{} has {length} bytes, and needs at least {}",
                Version(*key_version),
                crate::secret::MIN_LENGTH
            ),
            Self::Placeholder {
                key_version,
                contains,
            } => write!(
                f,
                "the cookie secret{} contains {contains:?}: it is a placeholder, so everybody knows it",
                Version(*key_version)
            ),
            Self::Repetitive {
                key_version,
                distinct,
            } => write!(
                f,
                "the cookie secret{} is made of only {distinct} different bytes",
                Version(*key_version)
            ),
            Self::Duplicate { key_version } => {
                write!(f, "two cookie secrets have the key version {key_version}")
            }
            Self::NoSuchKeyVersion { key_version } => write!(
                f,
                "key_version is {key_version}, and there is no cookie secret of that version"
            ),
        }
    }
}

impl Error for ConfigError {}

/// Says which secret is meant, where there may be several.
struct Version(u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            version => write!(f, " of key version {version}"),
        }
    }
}

/// Why a signed value was not believed.
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
    /// It is not of the form of a signed value.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        self.kind == SignedValueErrorKind::Malformed
    }

    /// Its format is older than [`min_version`](crate::Validity::min_version), or is not known.
    #[must_use]
    pub fn is_version(&self) -> bool {
        self.kind == SignedValueErrorKind::Version
    }

    /// It names a key version of which there is no secret, or no longer.
    #[must_use]
    pub fn is_unknown_key(&self) -> bool {
        self.kind == SignedValueErrorKind::UnknownKey
    }

    /// It was not signed with the secret, or was changed since.
    #[must_use]
    pub fn is_signature(&self) -> bool {
        self.kind == SignedValueErrorKind::Signature
    }

    /// It was signed for another name.
    #[must_use]
    pub fn is_name(&self) -> bool {
        self.kind == SignedValueErrorKind::Name
    }

    /// It was good, and is older than [`max_age_days`](crate::Validity::max_age_days).
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.kind == SignedValueErrorKind::Expired
    }

    /// It is of version 1 and was signed in the far future, which is a sign of tampering.
    #[must_use]
    pub fn is_future(&self) -> bool {
        self.kind == SignedValueErrorKind::Future
    }

    /// The layer was given no [`secret`](crate::CookiesLayer::secret).
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
            SignedValueErrorKind::Malformed => "this is not a signed value",
            SignedValueErrorKind::Version => {
                "the signed value is of a version that is not accepted"
            }
            SignedValueErrorKind::UnknownKey => {
                "there is no secret of the signed value's key version"
            }
            SignedValueErrorKind::Signature => "the signature does not fit",
            SignedValueErrorKind::Name => "the value was signed for another name",
            SignedValueErrorKind::Expired => "the signed value has expired",
            SignedValueErrorKind::Future => "the value was signed in the future",
            SignedValueErrorKind::NoSecret => "there is no cookie secret",
        })
    }
}

impl Error for SignedValueError {}

/// Why a cookie was not set: some part of it would have become something else in the header, or browsers
/// would have thrown it away.
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
    /// The name is no token (RFC 6265, section 4.1.1).
    #[must_use]
    pub fn is_name(&self) -> bool {
        self.kind == SetCookieErrorKind::Name
    }

    /// The value has other characters than a cookie may have (RFC 6265, section 4.1.1): controls, spaces, `"`,
    /// `,`, `;`, `\`, or any that are not ASCII.
    #[must_use]
    pub fn is_value(&self) -> bool {
        self.kind == SetCookieErrorKind::Value
    }

    /// The domain is no ASCII host name.
    #[must_use]
    pub fn is_domain(&self) -> bool {
        self.kind == SetCookieErrorKind::Domain
    }

    /// The path does not begin with `/`, or has controls, spaces, `;`, or characters that are not ASCII.
    #[must_use]
    pub fn is_path(&self) -> bool {
        self.kind == SetCookieErrorKind::Path
    }

    /// The time cannot be written.
    #[must_use]
    pub fn is_expires(&self) -> bool {
        self.kind == SetCookieErrorKind::Expires
    }

    /// The name begins with `__Host-`, and there is a domain or a path other than `/` (RFC 6265bis, section 4.1.3).
    #[must_use]
    pub fn is_prefix(&self) -> bool {
        self.kind == SetCookieErrorKind::Prefix
    }

    /// It should be signed, and the layer was given no [`secret`](crate::CookiesLayer::secret).
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
                "the cookie's path is not a path, or has a character that must be encoded"
            }
            SetCookieErrorKind::Expires => "the cookie's time of expiry cannot be written",
            SetCookieErrorKind::Prefix => {
                "a cookie whose name begins with \"__Host-\" has no domain, and the path \"/\""
            }
            SetCookieErrorKind::NoSecret => "there is no cookie secret to sign with",
        })
    }
}

impl Error for SetCookieError {}
