//! Who has signed in.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A user whom the provider has vouched for, to this site and for this sign-in.
pub struct SignedIn {
    pub(super) subject: String,
    pub(super) next: String,
    pub(super) access_token: String,
    pub(super) claims: Map<String, Value>,
}

impl SignedIn {
    /// What the provider calls the user: it stays the same, is nobody else's, and is what to keep in a database
    /// and a cookie. An address may pass on to somebody else.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Where the user wanted to go: a [safe](crate::safe_next) path.
    #[must_use]
    pub fn next(&self) -> &str {
        &self.next
    }

    /// What the provider says of the user under this name, such as `name`, `email` or `email_verified`; `None`
    /// if it does not, or in another type. It depends on the scopes.
    #[must_use]
    pub fn claim<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.claims.get(name)?).ok()
    }

    /// What the provider's own interfaces want to see.
    #[must_use]
    pub fn access_token(&self) -> &str {
        &self.access_token
    }
}

impl fmt::Debug for SignedIn {
    /// Without what is the user's, and without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn")
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}
