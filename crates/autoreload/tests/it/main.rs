//! Integration tests of the live-reload layer and the file watch.

#![expect(clippy::unwrap_used, reason = "a failed helper fails its test")]

mod layer;
mod watch;
