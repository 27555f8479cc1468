//! Who gets in and who is led to the sign-in page, where they are sent afterwards, and sign-ins with a real provider.

#![expect(
    clippy::unwrap_used,
    reason = "where a helper cannot go on, its test has failed"
)]

mod login;
mod next;
#[cfg(feature = "oauth2")]
mod sign_in;
