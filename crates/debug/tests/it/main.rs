//! What a failure becomes: the page in all its forms, its refusal, the log, and what none of them may say.

#![expect(
    clippy::unwrap_used,
    reason = "where a helper cannot go on, its test has failed"
)]

mod browser;
mod case;
mod frames;
mod layer;
mod log;
mod refusals;
mod script;
mod secrets;
