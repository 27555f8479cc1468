//! The reason why a sign-in failed.

use std::{error::Error, fmt};

use oauth2::{ErrorResponse, RequestTokenError};
use serde_json::Value;

use super::http::HttpError;

/// The reason why a sign-in failed.
#[derive(Debug)]
pub struct SignInError {
    kind: Kind,
    source: Option<Box<dyn Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    State,
    Expired,
    Denied,
    Refused,
    #[cfg(feature = "openid")]
    Issuer,
    #[cfg(feature = "openid")]
    IdToken,
    Provider,
}

impl SignInError {
    pub(super) fn because(kind: Kind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind,
            source: Some(source.into()),
        }
    }

    /// With the provider's error text, escaped so that it stays on one line of a log.
    pub(super) fn refused(reason: &str) -> Self {
        Self::because(Kind::Refused, reason.trim().escape_debug().to_string())
    }

    /// Converts the failure of a token request.
    pub(super) fn no_tokens<T: ErrorResponse + Send + Sync + 'static>(
        error: RequestTokenError<HttpError, T>,
    ) -> Self {
        match error {
            RequestTokenError::ServerResponse(response) => Self::refused(&response.to_string()),
            // GitHub sends errors with status 200, and Facebook sends an object. The body of other
            // responses may hold tokens, so it is dropped.
            RequestTokenError::Parse(error, body) => {
                let response: Value = serde_json::from_slice(&body).unwrap_or_default();
                match &response["error"] {
                    Value::Null => Self::because(Kind::Provider, error),
                    Value::String(reason) => Self::refused(reason),
                    reason => Self::refused(&reason.to_string()),
                }
            }
            error => Self::because(Kind::Provider, error),
        }
    }

    /// Returns whether the callback matches no attempt in the cookie: an old page, a second click,
    /// or a forged callback (login CSRF).
    #[must_use]
    pub fn is_state(&self) -> bool {
        self.kind == Kind::State
    }

    /// Returns whether the callback came more than ten minutes after the beginning.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.kind == Kind::Expired
    }

    /// Returns whether the user or the provider denied access (`access_denied`).
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.kind == Kind::Denied
    }

    /// Returns whether the provider sent another error, or rejected the code: it was used before,
    /// or the settings are wrong.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.kind == Kind::Refused
    }

    /// Returns whether the callback or the metadata is from another provider.
    #[cfg(feature = "openid")]
    #[must_use]
    pub fn is_issuer(&self) -> bool {
        self.kind == Kind::Issuer
    }

    /// Returns whether the ID token is missing or invalid: its signature, audience or nonce is
    /// wrong, or it has expired.
    #[cfg(feature = "openid")]
    #[must_use]
    pub fn is_id_token(&self) -> bool {
        self.kind == Kind::IdToken
    }

    /// Returns whether a request to the provider failed, or its response is malformed. A retry may
    /// help.
    #[must_use]
    pub fn is_provider(&self) -> bool {
        self.kind == Kind::Provider
    }
}

impl From<Kind> for SignInError {
    fn from(kind: Kind) -> Self {
        Self { kind, source: None }
    }
}

impl fmt::Display for SignInError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::State => "the callback does not belong to a sign-in of this browser",
            Kind::Expired => "the sign-in took too long",
            Kind::Denied => "the sign-in was denied",
            Kind::Refused => "the provider rejected the sign-in",
            #[cfg(feature = "openid")]
            Kind::Issuer => "the response is from another provider",
            #[cfg(feature = "openid")]
            Kind::IdToken => "the provider's ID token is invalid",
            Kind::Provider => "the request to the provider failed",
        })
    }
}

impl Error for SignInError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source: &(dyn Error + 'static) = &**self.source.as_ref()?;
        Some(source)
    }
}
