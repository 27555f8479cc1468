//! Integration tests: request and response cookies, signed values, and compatibility with a real
//! Tornado.

#![expect(clippy::unwrap_used, reason = "a panic in a helper fails its test")]

mod layer;
mod properties;
mod set_cookie;
mod signed;
mod site;
mod tornado;
