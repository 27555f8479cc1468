//! The traceback page, and what stands in its place where nobody may see it.
//!
//! A handler that fails, with an error or by a panic, answers 500. With this layer around it, the log tells the whole story under
//! a request id that the response carries too. And while you develop, the response itself tells it: the chain of causes, the
//! frames with their source lines, the request. As HTML for a browser, as JSON for a program, as Markdown for `curl`.
//!
//! # Use
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
//! // The server says who connected, in its own way: here as an address in the extensions.
//! let tracebacks = Tracebacks::new().serve_traceback(true);
//! # // So that this also runs in a release build.
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
//!     .expect("it is a request");
//! let response = service.oneshot(request).await.expect("it cannot fail");
//! assert!(response.headers().contains_key("x-request-id"));
//! let page = response.into_body().collect().await.expect("it cannot fail").to_bytes();
//! let page = String::from_utf8_lossy(&page);
//! assert!(page.starts_with("# invalid digit found in string"), "{page}");
//! # }
//! ```
//!
//! In axum, an error type that carries a [`Failure`] is a dozen lines: see the example `axum_debug`.
//!
//! # Who sees the page
//!
//! The page shows source code and requests, so it is for the one who develops, and nobody else. All of this must hold:
//!
//! - The program calls [`Tracebacks::serve_traceback`]. In a release build that is not enough: such a build also has to call
//!   [`Tracebacks::even_in_release`], which takes no argument, so that no header, flag or environment
//!   variable can be what switches it on.
//! - The connection comes from this machine's loopback, by HTTP/1.1 or newer.
//! - The `Host` is `localhost`, a name below it, `127.0.0.1` or `[::1]`, or one that [`Tracebacks::allow_host`] names. A page
//!   of the web can have its own name resolved to 127.0.0.1 (DNS rebinding), but not be called `localhost`.
//! - No forwarding header is there, whatever it says: it was written by a proxy or by somebody who plays one, and
//!   neither is you. nginx without such headers is known by its HTTP/1.0.
//! - A browser does not say that a page of another site asks for it, unless by a link that was followed.
//!
//! A proxy on this machine that speaks HTTP/1.1, adds no header and passes on `Host: localhost` cannot be told from you. So do
//! not debug behind a proxy that others can reach.
//!
//! # What it does not do
//!
//! It runs nothing: there is no console, no evaluation, no request that changes anything, and the only files that it reads
//! are those that the backtrace names. It does not look into the text of errors: what an error says of a secret
//! is shown. The log hides what is secret in a query, and in a path only where [`RequestFacts`] told its parameters. It gives
//! no page to a 500 that carries no [`Failure`]; that stays what it is.
#![forbid(unsafe_code)]

mod accept;
mod editor;
mod error;
mod facts;
mod failure;
mod gate;
mod layer;
mod log;
mod mask;
mod observed;
mod page;
mod panic;
mod printable;
mod report;
mod request_id;
mod snippet;
mod source;
mod symbol;
mod trace;
mod tracebacks;

pub use crate::{
    editor::Editor,
    error::ConfigError,
    facts::RequestFacts,
    failure::Failure,
    layer::{ResponseFuture, TracebackLayer, TracebackService},
    observed::Observed,
    request_id::RequestId,
    snippet::Snippet,
    tracebacks::Tracebacks,
};
