//! WebSockets on real connections: handshakes, HTTP/2, shutdowns, Autobahn's cases, other clients.

#![expect(
    clippy::unwrap_used,
    reason = "where a helper cannot go on, its test has failed"
)]

mod autobahn;
mod clients;
mod example;
mod gateway;
mod handshake;
mod http2;
mod site;
