//! Development server: file watch, `cargo build`, reload of the program, and live reload of pages.
//!
//! This is the library of `squall dev -- cargo run`, and of the program that it starts. When a file
//! changes, the program is built while the old process still serves. The new process then replaces
//! it, and open pages reload. If the build fails, they show the compiler's errors instead.
//!
//! # In a program
//!
//! [`LiveReload`] is a tower layer that adds a small script to HTML pages. Alone, it reloads pages
//! when style sheets and templates change; under `squall dev`, also after a build.
//!
//! ```
//! use std::{convert::Infallible, net::IpAddr};
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::{BodyExt, Full};
//! use squall_autoreload::LiveReload;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // The server puts the peer's address into the request's extensions, here as an `IpAddr`.
//! let live = LiveReload::new().layer(|extensions| extensions.get::<IpAddr>().copied());
//!
//! let service = ServiceBuilder::new().layer(live).service(service_fn(
//!     async |_: Request<()>| {
//!         let page = Response::builder().header("content-type", "text/html");
//!         let page = page.body(Full::new(Bytes::from("<h1>Hello</h1>")));
//!         Ok::<_, Infallible>(page.expect("the header is valid"))
//!     },
//! ));
//!
//! let request = Request::builder()
//!     .extension(IpAddr::from([127, 0, 0, 1]))
//!     .header("host", "localhost:8888")
//!     .body(())
//!     .expect("the URI and headers are valid");
//! let response = service.oneshot(request).await.expect("the service is infallible");
//! let page = response.into_body().collect().await.expect("the body is in memory").to_bytes();
//! assert!(page.starts_with(b"<h1>Hello</h1><script src=\"/_squall/live.js\""));
//! # }
//! ```
//!
//! [`reload_when_rebuilt`] is for a program with a supervisor of its own: it reloads after each
//! build.
//!
//! # Listeners during a reload
//!
//! Connections are refused while no process listens, so a supervisor keeps the listeners while the
//! program is replaced. A squall program in debug mode is its own supervisor, as in production:
//! `squall dev` starts it once, and requests a reload after each build. Any other program that
//! takes listeners from its parent (`LISTEN_FDS`) needs `squall dev --bind ADDRESS`, which binds
//! the address and supervises it. All other programs are stopped and started again.
//!
//! The supervisor keeps the running executable open, since cargo removes the file in the next
//! build. A change during a build cancels the build, because it may have read a part of the
//! changes.
//!
//! # Features
//!
//! | feature | what it adds | default |
//! |---|---|---|
//! | `cargo` | `CargoRun`, the building side of `squall dev` | no |
//!
//! # Limits
//!
//! - It replaces processes, not functions: state in memory is lost.
//! - It builds Rust only.
//! - It is not for production: the layer serves only requests from this machine to a name of this
//!   machine.
//! - A new address in the program's source needs a new start: a reload keeps the old listeners.
#![forbid(unsafe_code)]

#[cfg(feature = "cargo")]
mod cargo;
mod diagnostic;
mod live;
mod own;
mod state;
mod system;
mod watch;

#[cfg(feature = "cargo")]
pub use crate::cargo::{Building, Built, Cancel, CargoRun, ConfigError, Launch, Output, Sources};
pub use crate::{
    diagnostic::{Diagnostic, Level},
    live::{LiveBody, LiveReload, LiveReloadLayer, LiveReloadService, ResponseFuture},
    own::{DEV_PID, reload_when_rebuilt, stop_with_dev, watch_own_executable},
    state::{STATE, StateFile, Status},
    watch::{Change, Roots, Watch, Watching},
};
