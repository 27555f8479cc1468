//! Accepted and rejected requests, bodies that arrive whole, and the same requests to a real
//! Tornado.

#![expect(
    clippy::unwrap_used,
    reason = "where a helper cannot go on, its test has failed"
)]

mod bodies;
mod forms;
mod origins;
mod site;
mod tokens;
mod tornado;
