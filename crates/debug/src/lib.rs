//! Traceback page for failed requests in development, and a plain response with a request id for
//! all other clients.
//!
//! A handler that fails, by an error or a panic, responds with 500. This layer logs the failure
//! under a request id, which the response carries too. In debug mode the response itself is a page
//! with the chain of causes, the frames with their source lines, and the request: as HTML for
//! browsers, JSON for programs, and Markdown for `curl`.
//!
//! # Example
//!
//! ```
//! use std::{convert::Infallible, net::{IpAddr, Ipv4Addr}};
//! use bytes::Bytes;
//! use http::{Request, Response, StatusCode};
//! use http_body_util::{BodyExt, Full};
//! use squall_debug::{Failure, Tracebacks};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! fn parse(number: &str) -> Result<u32, Failure> {
//!     number.parse().map_err(|error: std::num::ParseIntError| Failure::new(error))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // The peer's address, from the extensions in which the server stores it.
//! let tracebacks = Tracebacks::new().serve_traceback(true);
//! # // So that this example also runs in a release build.
//! # let tracebacks = tracebacks.even_in_release();
//! let layer = tracebacks.layer(|extensions| extensions.get::<IpAddr>().copied());
//!
//! let service = ServiceBuilder::new().layer(layer).service(service_fn(
//!     async |_: Request<()>| {
//!         let mut response = Response::new(Full::<Bytes>::default());
//!         if let Err(failure) = parse("seven") {
//!             *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
//!             response.extensions_mut().insert(failure);
//!         }
//!         Ok::<_, Infallible>(response)
//!     },
//! ));
//!
//! let request = Request::get("/")
//!     .extension(IpAddr::from(Ipv4Addr::LOCALHOST))
//!     .header("host", "localhost:8888")
//!     .body(())
//!     .expect("a valid request");
//! let response = service.oneshot(request).await.expect("infallible");
//! assert!(response.headers().contains_key("x-request-id"));
//! let page = response.into_body().collect().await.expect("infallible").to_bytes();
//! let page = String::from_utf8_lossy(&page);
//! assert!(page.starts_with("# invalid digit found in string"), "{page}");
//! # }
//! ```
//!
//! A response that is no failure, such as 404 or 422, can carry a [`Refusal`] instead: its reason,
//! what to do, and tables such as the routes. It is shown to the same clients, and not logged.
//!
//! The example `axum_debug` shows an error type for axum that carries a [`Failure`].
//!
//! # Access control
//!
//! The page shows source code and request data, so only the developer may see it. All of these
//! conditions must hold:
//!
//! - The program calls [`Tracebacks::serve_traceback`]. A release build must also call
//!   [`Tracebacks::even_in_release`], which takes no argument, so that no header, flag or
//!   environment variable can enable the page.
//! - The peer is a loopback address, and the request is HTTP/1.1 or later.
//! - `Host` is `localhost`, a subdomain of it, `127.0.0.1`, `[::1]`, or a name from
//!   [`Tracebacks::allow_host`]. A malicious site can resolve its own name to 127.0.0.1 (DNS
//!   rebinding), but cannot use the name `localhost`.
//! - The request has no forwarding header with any value: only a proxy or an attacker sets one.
//!   nginx without these headers is detected by its HTTP/1.0.
//! - The browser does not report a cross-site request, except a followed link.
//!
//! A local proxy that uses HTTP/1.1, adds no header and forwards `Host: localhost` cannot be
//! distinguished from the developer. Do not enable the page behind a proxy that others can reach.
//!
//! # Limits
//!
//! The page has no console and evaluates no code, and reads only files that are named in the
//! backtrace. It does not search error messages for secrets: a secret in an error message is shown.
//! The log hides secrets in the query, and in the path only if [`RequestMetadata`] has its
//! parameters. A response without a [`Failure`] or a
//! [`Refusal`] is not changed.
#![forbid(unsafe_code)]

mod config;
mod error;
mod failure;
mod layer;
mod log;
mod mask;
mod observed;
mod page;
mod printable;
mod refusal;
mod request;
mod trace;
mod tracebacks;

pub use crate::{
    error::ConfigError,
    failure::{Failure, snippet::Snippet},
    layer::{ResponseFuture, TracebackLayer, TracebackService},
    observed::{Observed, ShownTraceback},
    page::editor::Editor,
    refusal::{Details, Refusal},
    request::{metadata::RequestMetadata, request_id::RequestId},
    tracebacks::Tracebacks,
};
