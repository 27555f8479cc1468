//! Peers of a connection: trusted proxies, host and port, and local requests.
//!
//! The vocabulary that `squall-server`, `squall-xheaders`, `squall-xsrf`, `squall-debug` and
//! `squall-autoreload` share, so that an address means the same to all of them. It does no I/O.
//!
//! - [`TrustedProxies`] is a set of networks, and matches a [`Peer`].
//! - [`check_local`] decides whether a request comes from a browser on this machine: the condition
//!   for debug pages and for events of live reload.
//! - [`HostPort`] splits `host [ ":" port ]`, as `Host`, `:authority` and `X-Forwarded-Host` have
//!   it.
//! - [`is_forwarding_header`] lists the headers in which proxies name their client.
//!
//! # Examples
//!
//! ```
//! use std::net::SocketAddr;
//! use squall_peers::{NotLocal, Peer, TrustedProxies, check_local};
//!
//! let proxies = TrustedProxies::new(["10.0.0.0/8", "unix:"])?;
//! assert!(proxies.trusts(Peer::Tcp(SocketAddr::from(([10, 1, 2, 3], 4711)))));
//!
//! let loopback = Some([127, 0, 0, 1].into());
//! let request = http::Request::get("/").header("host", "localhost:8888").body(())?;
//! assert_eq!(check_local(loopback, &request, &[]), Ok(()));
//!
//! // A proxy on this machine passed the request on.
//! let request = http::Request::get("/")
//!     .header("host", "localhost:8888")
//!     .header("x-forwarded-for", "8.8.8.8")
//!     .body(())?;
//! assert_eq!(check_local(loopback, &request, &[]), Err(NotLocal::Forwarded));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it does not do
//!
//! It does not read forwarding headers (`squall-xheaders`) or the PROXY protocol (`squall-server`),
//! resolves no names, and has no lists of the networks of any company.
#![forbid(unsafe_code)]

mod host_port;
mod local;
mod peer;
mod trusted_proxies;

pub use crate::{
    host_port::{HostPort, parse_port},
    local::{NotLocal, RemovedForwarding, check_local, is_forwarding_header},
    peer::Peer,
    trusted_proxies::{TrustedProxies, TrustedProxiesError},
};
