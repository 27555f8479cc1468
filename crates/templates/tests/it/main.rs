//! Folders of templates: what they render, what they escape, what they refuse, and when they are read again.

#![expect(
    clippy::unwrap_used,
    reason = "where a helper cannot go on, its test has failed"
)]

mod errors;
mod escaping;
mod folder;
mod names;
mod reload;
mod request;
mod seed;
mod translation;
