//! What a provider without an ID token gives.

use std::{fmt, time::Duration};

/// What the user has given this site access to, at the provider.
///
/// Ask the provider who the user is, with the header `Authorization: Bearer` and the
/// [access token](Self::access_token), before anybody is signed in here.
pub struct Access {
    pub(super) next: String,
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
    pub(super) expires_in: Option<Duration>,
    pub(super) scopes: Option<Vec<String>>,
}

impl Access {
    /// Where the user wanted to go: a [safe](crate::safe_next) path.
    #[must_use]
    pub fn next(&self) -> &str {
        &self.next
    }

    /// What the provider's own interfaces want to see. It opens the user's account: keep it from logs and from
    /// browsers.
    #[must_use]
    pub fn access_token(&self) -> &str {
        &self.access_token
    }

    /// What the provider gives a new access token for, if it does (RFC 6749, section 6).
    #[must_use]
    pub fn refresh_token(&self) -> Option<&str> {
        self.refresh_token.as_deref()
    }

    /// How long the access token is good for, from now on; `None` if the provider does not say.
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        self.expires_in
    }

    /// What the user has allowed, which may be less than was asked for; `None` if the provider does not say,
    /// and then it is all that was asked for (RFC 6749, section 5.1).
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
