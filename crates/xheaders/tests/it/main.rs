//! Tables of requests and their clients, properties of arbitrary headers, real proxies, and the
//! layer.

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
