//! Cookies as clients send them and as they are sent to clients, signed values, and a real Tornado beside it all.

#![expect(
    clippy::unwrap_used,
    reason = "where a helper cannot go on, its test has failed"
)]

mod layer;
mod properties;
mod set_cookie;
mod signed;
mod site;
mod tornado;
