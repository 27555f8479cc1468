//! Watch, rebuild, hand over, refresh the browser: what a web program needs while it is written.
//!
//! This is the library behind `squall dev -- cargo run`, and what a program contributes to it. A change is seen, the
//! program is built while the old one answers, the new one takes over, and the pages that are open
//! somewhere load themselves again. If it cannot be built, they show the compiler's words instead.
//!
//! # In a program
//!
//! [`LiveReload`] is a tower layer that gives pages a small script. It works alone, for style sheets and templates that
//! the program reads by itself, and under `squall dev` for everything else.
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
//! // The server says who connected, in its own way: here as an `IpAddr` in the extensions.
//! let live = LiveReload::new().layer(|extensions| extensions.get::<IpAddr>().copied());
//!
//! let service = ServiceBuilder::new().layer(live).service(service_fn(
//!     async |_: Request<()>| {
//!         let page = Response::builder().header("content-type", "text/html");
//!         Ok::<_, Infallible>(page.body(Full::new(Bytes::from("<h1>Hello</h1>"))).expect("it is a page"))
//!     },
//! ));
//!
//! let request = Request::builder()
//!     .extension(IpAddr::from([127, 0, 0, 1]))
//!     .header("host", "localhost:8888")
//!     .body(())
//!     .expect("it is a request");
//! let response = service.oneshot(request).await.expect("it cannot fail");
//! let page = response.into_body().collect().await.expect("it is in memory").to_bytes();
//! assert!(page.starts_with(b"<h1>Hello</h1><script src=\"/_squall/live.js\""));
//! # }
//! ```
//!
//! [`hand_over_when_built`] is for a program that supervises itself: it hands over whenever somebody has built it.
//!
//! # Who holds the sockets
//!
//! Requests are refused while nobody listens, so somebody has to while the program is replaced. A program of squall's that
//! debugs is supervised by itself, as in production: `squall dev` starts it once and asks its supervisor for a
//! reload after each build. So it need not know the address, and nothing is done in development that is not done in
//! a deploy. Any other program that takes sockets from its parent (`LISTEN_FDS`) is supervised by `squall dev
//! --bind`, which has to be told the address. What does neither is stopped and started again.
//!
//! What runs is held open by its supervisor, so it does not matter that cargo removes the file for the
//! next build. A change while a build runs ends that build: nobody wants a program of yesterday's text, and it
//! may have seen half of what was saved.
//!
//! # Features
//!
//! | feature | what it adds | default |
//! |---|---|---|
//! | `cargo` | `CargoRun`, the building side of `squall dev` | no |
//!
//! # What it does not do
//!
//! It replaces programs and not functions: what is in memory is lost. It compiles nothing but Rust, sets none of the
//! variables of cargo's `[env]` table, and is not for production: its layer is for requests
//! from this machine, to a name of this machine. A new address in the program's source is taken up by a new start
//! only, since the old sockets are what is handed over.
#![forbid(unsafe_code)]

#[cfg(feature = "cargo")]
mod cargo;
mod live;
mod own;
mod state;
mod system;
mod watch;

#[cfg(feature = "cargo")]
pub use crate::cargo::{Building, Built, Cancel, CargoRun, ConfigError, Executable, Sources};
pub use crate::{
    live::{LiveBody, LiveReload, LiveReloadLayer, LiveReloadService, ResponseFuture},
    own::{DEV_PID, hand_over_when_built, stop_with_dev, watch_own_executable},
    state::{STATE, StateFile, Status},
    watch::{Roots, Watch, Watching},
};
