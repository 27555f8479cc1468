//! Which client a request comes from: tables of what peers send, what holds for any of it, and the layer.

#![expect(
    clippy::unwrap_used,
    reason = "where a helper cannot go on, its test has failed"
)]

mod addresses;
mod case;
mod connection;
mod contradictions;
mod forwarded;
mod hops;
mod hosts;
mod layer;
mod log;
mod properties;
mod proxies;
mod schemes;
