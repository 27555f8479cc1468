//! What the server does on real sockets, seen by a client that sends exactly the bytes it is told to.

#![expect(
    clippy::unwrap_used,
    reason = "where a helper cannot go on, its test has failed"
)]

mod app;
mod bodies;
mod descriptors;
mod drain;
mod framing;
mod harness;
mod http2;
mod limits;
mod listen;
mod process;
mod proxy_protocol;
mod silent_peers;
