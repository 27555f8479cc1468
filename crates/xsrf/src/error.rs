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
    NoCookie,
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

    /// Returns whether the request has a token, and no cookie `_xsrf` or a malformed one.
    #[must_use]
    pub fn is_cookie_missing(&self) -> bool {
        self.kind == Kind::NoCookie
    }

    /// Returns whether the token differs from that of the cookie.
    #[must_use]
    pub fn is_mismatch(&self) -> bool {
        self.kind == Kind::Mismatch
    }

    /// Returns whether reading the body failed. The status is then 400 instead of 403.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        self.kind == Kind::Unreadable
    }

    /// Returns how the request passes, for the developer of the site. Code is between backticks.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self.kind {
            Kind::CrossOrigin => {
                "The origin is wrong: `Sec-Fetch-Site` or `Origin` names another site than `Host`. Send the \
                 request from a page of this site, or add the other site with \
                 `XsrfLayer::trusted_origin`. A proxy in front must pass `Host` on unchanged."
            }
            Kind::Missing => {
                "The token is missing. Put `{{ xsrf_form_html() }}` into the form, or send the value of \
                 the cookie `_xsrf` in the header `X-XSRFToken`. Exempt a route that browsers do not \
                 request."
            }
            Kind::TooFar => {
                "The token is too far from the beginning of the form. Put `{{ xsrf_form_html() }}` \
                 first in the form, before its files, or raise `XsrfLayer::form_limit`."
            }
            Kind::Malformed => {
                "The token is malformed: it is not one that this site has made. Send it as \
                 `xsrf_form_html()` or the cookie `_xsrf` has it, without a change."
            }
            Kind::NoCookie => {
                "The cookie is missing or malformed. Request the page with the form first, and send \
                 its cookie `_xsrf` back: a browser that blocks cookies, a `Secure` cookie over plain HTTP \
                 and a client without a cookie jar do not."
            }
            Kind::Mismatch => {
                "The token belongs to another cookie. Load the page with the form again: the cookie \
                 `_xsrf` has changed since, or another application of this host has set one."
            }
            Kind::Unreadable => "The body was cut short or is too large: send the form again.",
        }
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
            Kind::NoCookie => "the _xsrf cookie is missing or malformed",
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
