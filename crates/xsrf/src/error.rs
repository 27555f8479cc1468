//! Errors: configuration errors, and the reason why a request was rejected.

use std::{error::Error, fmt};

use http::StatusCode;

/// A configuration error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The name of the cookie is no token (RFC 6265, section 4.1.1).
    CookieName {
        /// The name as it was given.
        name: String,
    },
    /// No browser sends such an `Origin`: it is `scheme://host`, in lower case, with a port where
    /// that is not the scheme's own.
    Origin {
        /// The text as it was given.
        origin: String,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CookieName { name } => write!(f, "a cookie cannot have the name {name:?}"),
            Self::Origin { origin } => write!(
                f,
                "a trusted origin is written as \"https://example.com\", not {origin:?}"
            ),
        }
    }
}

impl Error for ConfigError {}

/// The reason why a request was rejected; in the extensions of the response.
#[derive(Clone, Debug)]
pub struct XsrfError {
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    CrossOrigin,
    Missing,
    TooFar,
    Malformed,
    Mismatch,
    Unreadable,
}

impl XsrfError {
    /// Returns whether the request failed the origin check.
    #[must_use]
    pub fn is_cross_origin(&self) -> bool {
        self.kind == Kind::CrossOrigin
    }

    /// Returns whether the token is missing, in headers and in the form.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.kind == Kind::Missing
    }

    /// Returns whether the form has no token within [`form_limit`](crate::XsrfLayer::form_limit).
    #[must_use]
    pub fn is_too_far(&self) -> bool {
        self.kind == Kind::TooFar
    }

    /// Returns whether the token is malformed.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        self.kind == Kind::Malformed
    }

    /// Returns whether the token differs from that of the cookie, or there is no cookie.
    #[must_use]
    pub fn is_mismatch(&self) -> bool {
        self.kind == Kind::Mismatch
    }

    /// Returns whether reading the body failed. The status is then 400 instead of 403.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        self.kind == Kind::Unreadable
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self.kind {
            Kind::Unreadable => StatusCode::BAD_REQUEST,
            _ => StatusCode::FORBIDDEN,
        }
    }

    pub(crate) fn message(&self) -> &'static str {
        match self.kind {
            Kind::CrossOrigin => "this request comes from another site",
            Kind::Missing => "the _xsrf token is missing",
            Kind::TooFar => "the _xsrf token is not in the form's beginning",
            Kind::Malformed => "the _xsrf token is malformed",
            Kind::Mismatch => "the _xsrf token does not match the cookie",
            Kind::Unreadable => "the request's body cannot be read",
        }
    }
}

impl From<Kind> for XsrfError {
    fn from(kind: Kind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for XsrfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl Error for XsrfError {}
