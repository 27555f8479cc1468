//! Integration tests: the page in all formats, access control, the log and secrets.

#![expect(clippy::unwrap_used, reason = "a panic in a helper fails its test")]

mod browser;
mod case;
mod denied;
mod frames;
mod layer;
mod log;
mod refusal;
mod script;
mod secrets;
