//! The client of a request behind proxies: forwarding headers, trusted from trusted proxies only.
//!
//! # Before you deploy
//!
//! A forwarding header is as true as the proxy that sends it. Two conditions make it safe, and no
//! program can check them for you:
//!
//! - **Only your proxies can connect as your proxies.** By default peers on loopback are trusted.
//!   [`XHeaders::trusted_proxies`] names others: addresses of proxies, not networks with clients.
//! - **Your proxy sets, or removes, each header that is read.** Most proxies pass on unknown
//!   headers: nginx as in Tornado's guide sets `X-Real-IP` and passes on `X-Forwarded-For` of a
//!   client. So name the headers that your proxy sets ([`XHeaders::nginx`], [`XHeaders::haproxy`],
//!   [`XHeaders::headers`]). Where it sets the address in one header and a client sends another,
//!   the address is [unknown](ClientSource::Unknown).
//!
//! # Examples
//!
//! ```
//! use std::{convert::Infallible, net::SocketAddr};
//! use http::{Request, Response};
//! use squall_xheaders::{Client, XHeaders};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // The server puts the peer into the extensions, here as a `SocketAddr`.
//! let xheaders = XHeaders::new().layer(|extensions| extensions.get::<SocketAddr>().copied());
//!
//! let service = ServiceBuilder::new().layer(xheaders).service(service_fn(
//!     async |request: Request<()>| {
//!         let client: &Client = request.extensions().get().expect("the layer puts it there");
//!         let ip = client.ip().expect("it came by TCP");
//!         Ok::<_, Infallible>(Response::new(format!("{ip} by {}", client.scheme())))
//!     },
//! ));
//!
//! let request = Request::builder()
//!     .extension(SocketAddr::from(([127, 0, 0, 1], 4711)))
//!     .header("x-forwarded-for", "192.0.2.66, 203.0.113.7")
//!     .header("x-forwarded-proto", "https")
//!     .body(())
//!     .expect("it is a request");
//! let response = service.oneshot(request).await.expect("it cannot fail");
//! assert_eq!(response.body(), "203.0.113.7 by https");
//! # }
//! ```
//!
//! For axum, see [`XHeaders::layer`]. [`XHeaders::client`] returns the same [`Client`] without a
//! layer.
//!
//! # How it decides
//!
//! All headers of a peer that is not trusted are ignored. Otherwise the lines of `X-Forwarded-For`
//! or `Forwarded` are one chain, which is walked from its end past addresses of trusted proxies.
//! The client is the first address that is not trusted, or the leftmost if all are. Elements before
//! it are never read, so a client can write anything there. If the walk ends at an element that is
//! malformed, `unknown` or obfuscated (`_proxy`), and no other header has the client's address, the
//! address is unknown. It is never the proxy's, since an allow-list may contain that.
//!
//! `X-Real-IP`, `CF-Connecting-IP`, `True-Client-IP`, `Fastly-Client-IP` and `X-Client-IP` are
//! chains of one. The scheme, host and port of `X-Forwarded-Proto`, `X-Scheme`, `X-Forwarded-Host`
//! and `X-Forwarded-Port` are the last in their header, which the nearest proxy has added or passed
//! on; those of `Forwarded` are in the same element as the client's address.
//!
//! Other malformed values are ignored. They are logged once for each peer, as are headers of a peer
//! that is not trusted, and headers that contradict each other ([`XHeaders::contradictions`]).
//!
//! # Hosts are chosen by clients
//!
//! The client chooses `Host`. It also chooses a host in `X-Forwarded-Host`, `X-Forwarded-Port` or
//! `Forwarded`, and alone if the proxy does not set that header: links in mails and caches then
//! lead to an attacker's site. So these headers are only read if [`XHeaders::headers`] names them,
//! and [`Host`] is well-formed and no more. Compare it with the names of your site before it
//! becomes part of a link for others.
//!
//! # What it does not do
//!
//! It does not read the PROXY protocol, which precedes HTTP: the server does, and the peer is its
//! result. It removes no headers, except those spelt with underscores, resolves no names, and has
//! no list of the networks of any company.
#![forbid(unsafe_code)]

mod client;
mod client_addr;
mod connection;
mod decide;
mod error;
mod forwarded;
mod header;
mod host;
mod layer;
mod list;
mod log;
mod scheme;
mod statement;
mod xheaders;

pub use crate::{
    client::{Client, ClientSource},
    client_addr::ClientAddr,
    connection::Connection,
    error::Contradiction,
    header::Header,
    host::Host,
    layer::{ResponseFuture, XHeadersLayer, XHeadersService},
    scheme::Scheme,
    xheaders::{Contradictions, XHeaders},
};
pub use squall_peers::{Peer, TrustedProxies, TrustedProxiesError};
