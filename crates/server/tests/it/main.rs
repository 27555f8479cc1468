//! The server on real sockets, with a client that sends exact bytes.

#![expect(
    clippy::unwrap_used,
    reason = "where a helper cannot go on, its test has failed"
)]

mod abandoned;
mod app;
#[cfg(feature = "tls")]
mod authority;
mod bodies;
mod descriptors;
mod differential;
mod drain;
mod durations;
mod files;
mod frames;
mod framing;
mod harness;
mod http2;
mod http2_abuse;
mod limits;
mod listen;
mod listener;
mod parked;
mod pipelining;
mod process;
mod proxy_protocol;
mod shutdown_signal;
mod signals;
mod silent_peers;
#[cfg(feature = "tls")]
mod tls;
