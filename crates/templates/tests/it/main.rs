//! Integration tests: rendering, escaping, errors and reloading.

#![expect(clippy::unwrap_used, reason = "a panic in a helper fails its test")]

mod context;
mod errors;
mod escaping;
mod folder;
mod names;
mod reload;
mod request;
mod seed;
mod translation;
