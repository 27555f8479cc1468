//! The result of a sign-in with OpenID Connect.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A user with a verified ID token, for this site and this sign-in.
pub struct SignedIn {
    pub(super) subject: String,
    pub(super) next: String,
    pub(super) access_token: String,
    pub(super) claims: Map<String, Value>,
}

impl SignedIn {
    /// Returns the provider's identifier of the user, which is unique and never changes. Store this
    /// one: a mail address can be reassigned to another user.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Returns the `next` of the attempt: a [safe](crate::safe_next) path.
    #[must_use]
    pub fn next(&self) -> &str {
        &self.next
    }

    /// Returns the claim of this name, such as `name`, `email` or `email_verified`; `None` if it is
    /// absent or of another type. The claims depend on the scopes.
    #[must_use]
    pub fn claim<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.claims.get(name)?).ok()
    }

    /// Returns the token for the provider's API.
    #[must_use]
    pub fn access_token(&self) -> &str {
        &self.access_token
    }
}

impl fmt::Debug for SignedIn {
    /// Without the claims, which are personal, and without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn")
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}
