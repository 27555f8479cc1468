//! The login redirect, the check of `next`, and sign-ins with a real provider.

#![expect(
    clippy::unwrap_used,
    reason = "where a helper cannot go on, its test has failed"
)]

mod login;
mod next;
#[cfg(feature = "oauth2")]
mod sign_in;
