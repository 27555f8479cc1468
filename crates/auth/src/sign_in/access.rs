//! The result of a sign-in with plain OAuth 2.0.

use std::{fmt, time::Duration};

/// The tokens of a sign-in with plain OAuth 2.0, which do not identify the user.
///
/// Before you begin a session, request the user from the provider's API, with the header
/// `Authorization: Bearer` and the [access token](Self::access_token).
pub struct Access {
    pub(super) next: String,
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
    pub(super) expires_in: Option<Duration>,
    pub(super) scopes: Option<Vec<String>>,
}

impl Access {
    /// Returns the `next` of the attempt: a [safe](crate::safe_next) path.
    #[must_use]
    pub fn next(&self) -> &str {
        &self.next
    }

    /// Returns the token for the provider's API. It gives access to the user's account: keep it out
    /// of logs and browsers.
    #[must_use]
    pub fn access_token(&self) -> &str {
        &self.access_token
    }

    /// Returns the refresh token, if the provider sent one (RFC 6749, section 6).
    #[must_use]
    pub fn refresh_token(&self) -> Option<&str> {
        self.refresh_token.as_deref()
    }

    /// Returns the lifetime of the access token from now on, if the provider sent it.
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        self.expires_in
    }

    /// Returns the granted scopes, which may be fewer than requested. `None` means that all
    /// requested scopes were granted (RFC 6749, section 5.1).
    #[must_use]
    pub fn scopes(&self) -> Option<&[String]> {
        self.scopes.as_deref()
    }
}

impl fmt::Debug for Access {
    /// Without the tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("expires_in", &self.expires_in)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}
