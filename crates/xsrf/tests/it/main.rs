//! Which requests reach a service and which do not, whole bodies, and a real Tornado beside it all.

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
