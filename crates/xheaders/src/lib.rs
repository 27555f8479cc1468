//! Who a request comes from when proxies stand between: forwarding headers, believed where they deserve it.
//!
//! # Before you deploy
//!
//! A forwarding header is as true as the proxy that sends it. Believing it is safe under two conditions, which no
//! program can check for you:
//!
//! - **Only your proxies can connect as your proxies.** By default peers on loopback are trusted.
//!   [`XHeaders::trusted_proxies`] names others; name addresses of proxies, not networks that clients are in.
//! - **Your proxy sets, or removes, each header that is read.** Most proxies pass on what they do not know: nginx
//!   as in Tornado's guide sets `X-Real-IP` and lets a client's `X-Forwarded-For` pass. So name what your proxy
//!   sets ([`XHeaders::nginx`], [`XHeaders::haproxy`], [`XHeaders::headers`]). Where it sets an address in one header and a
//!   client forges another, the two contradict each other, and the request is refused.
//!
//! # Use
//!
//! ```
//! use std::{convert::Infallible, net::SocketAddr};
//! use http::{Request, Response};
//! use squall_xheaders::{Client, XHeaders};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // The server says who connected, in its own way: here as a `SocketAddr` in the extensions.
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
//! In axum, the layer is one line: see [`XHeaders::layer`]. [`Client`] is in the extensions then, and
//! [`XHeaders::client`] gives the same as a value.
//!
//! # How it decides
//!
//! Headers of a peer that is not trusted are ignored, all of them. Else the lines of `X-Forwarded-For` or `Forwarded` are one
//! chain, which is walked from its end: as long as an address is that of a trusted proxy, the one before it
//! is looked at. The client is the first that is not, or the leftmost if all are. Where an element cannot be
//! read, is `unknown` or hidden (`_proxy`), the last address that could be read stands: that of a proxy.
//! Nothing before it is looked at, so it does not matter what a client writes there.
//!
//! `X-Real-IP` is a chain of one. The scheme, host and port of `X-Forwarded-Proto`, `X-Scheme`, `X-Forwarded-Host` and
//! `X-Forwarded-Port` are the last in their header, which the nearest proxy has added or passed on; those of `Forwarded` are
//! in the same element as the client's address.
//!
//! What cannot be read is as good as absent. It is logged once for each peer, as is what a peer sends
//! that is not trusted.
//!
//! # Hosts are chosen by clients
//!
//! Whoever sends a request chooses its `Host`. A host that a proxy tells in `X-Forwarded-Host`, `X-Forwarded-Port` or `Forwarded`
//! is chosen by the client too, and if the proxy does not set that header, by the client alone: links in mails and
//! caches then lead to wherever an attacker likes. So these headers are only read where
//! [`XHeaders::headers`] names them, and [`Host`] promises a right form and nothing more. Compare it with the
//! names of your site before it becomes part of a link that others will see.
//!
//! # What it does not do
//!
//! It does not read the PROXY protocol, which comes before HTTP: that is the server's, and the peer is what it says. It
//! does not remove headers that were not believed, but for those spelt with underscores, does not look up names, and
//! knows no list of any company's addresses.
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
    client::{Client, Source},
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
