//! Server-sent events, with the feature `sse`.
//!
//! `event.rs` writes one event, `body.rs` is the body with keep-alive comments and the end at
//! shutdown, and `extract.rs` the extractor that makes it.

mod body;
mod event;
mod extract;

pub use self::{
    event::Event,
    extract::{Events, Sse},
};
