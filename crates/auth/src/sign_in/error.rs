//! Why nobody has signed in.

use std::{error::Error, fmt};

use oauth2::{ErrorResponse, RequestTokenError};
use serde_json::Value;

use super::http::HttpError;

/// Why nobody has signed in.
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

    /// In the provider's own words, which must not break a log's lines.
    pub(super) fn refused(reason: &str) -> Self {
        Self::because(Kind::Refused, reason.trim().escape_debug().to_string())
    }

    /// Instead of tokens there was this.
    pub(super) fn no_tokens<T: ErrorResponse + Send + Sync + 'static>(
        error: RequestTokenError<HttpError, T>,
    ) -> Self {
        match error {
            RequestTokenError::ServerResponse(answer) => Self::refused(&answer.to_string()),
            // GitHub refuses with status 200, and Facebook with an object. Otherwise the body may hold tokens, so it
            // is not kept.
            RequestTokenError::Parse(error, body) => {
                let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
                match &answer["error"] {
                    Value::Null => Self::because(Kind::Provider, error),
                    Value::String(reason) => Self::refused(reason),
                    reason => Self::refused(&reason.to_string()),
                }
            }
            error => Self::because(Kind::Provider, error),
        }
    }

    /// The answer does not belong to what this browser has begun, or it has begun nothing: an old page, a second
    /// click, or somebody else's answer, planted.
    #[must_use]
    pub fn is_state(&self) -> bool {
        self.kind == Kind::State
    }

    /// The user has come back after more than ten minutes.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.kind == Kind::Expired
    }

    /// The user did not want to, or must not.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.kind == Kind::Denied
    }

    /// The provider leads back with another error, or does not take the code: it was used before, or the
    /// settings do not fit.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.kind == Kind::Refused
    }

    /// The answer or the metadata is from another provider.
    #[cfg(feature = "openid")]
    #[must_use]
    pub fn is_issuer(&self) -> bool {
        self.kind == Kind::Issuer
    }

    /// What the provider says of the user is not signed by it, not for this site, not for this sign-in, or too old.
    #[cfg(feature = "openid")]
    #[must_use]
    pub fn is_id_token(&self) -> bool {
        self.kind == Kind::IdToken
    }

    /// The provider cannot be asked, or does not answer as it should. Trying again may help.
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
            Kind::State => "the answer does not belong to a sign-in of this browser",
            Kind::Expired => "the sign-in took too long",
            Kind::Denied => "the sign-in was denied",
            Kind::Refused => "the provider has refused the sign-in",
            #[cfg(feature = "openid")]
            Kind::Issuer => "the answer is from another provider",
            #[cfg(feature = "openid")]
            Kind::IdToken => "the provider's word on the user cannot be believed",
            Kind::Provider => "the provider cannot be asked",
        })
    }
}

impl Error for SignInError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source: &(dyn Error + 'static) = &**self.source.as_ref()?;
        Some(source)
    }
}
