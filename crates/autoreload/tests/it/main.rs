//! The layer and the watch from outside: tables of responses, and files that really change.

#![expect(
    clippy::unwrap_used,
    reason = "where a helper cannot go on, its test has failed"
)]

mod layer;
mod watch;
