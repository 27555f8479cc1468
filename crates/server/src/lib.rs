//! Serves any [`tower_service::Service`] over HTTP/1.1 and HTTP/2.
//!
//! This crate owns sockets and connections. It listens (TCP for IPv4 and IPv6, unix sockets,
//! sockets passed in by systemd), protects each connection with limits and deadlines that are on by
//! default, and shuts down gracefully, without losing a request. hyper does the HTTP; no other
//! crate of squall uses it.
//!
//! ```
//! use axum::{Router, routing::get};
//! use squall_server::{Phase, Server, Stop};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), squall_server::StartError> {
//! let app: Router = Router::new().route("/", get(|| async { "Hello, world" }));
//! let server = Server::new().bind("127.0.0.1:0").listen()?;
//! println!("listening on {}", server.addresses().next().unwrap());
//!
//! let handle = server.handle();
//! tokio::spawn(async move {
//!     handle.reached(Phase::Serving).await;
//!     handle.stop(Stop::Graceful);
//! });
//! server.serve(app).await
//! # }
//! ```
//!
//! # What a service gets
//!
//! A `Request<`[`Incoming`]`>`, with a [`ConnectionInfo`] in its extensions. A service is anything
//! that is `Service<Request<Incoming>>`, clonable and `Send`; an axum `Router` is one. Each
//! connection has a clone of it. When it fails or panics the client gets a 500 and the connection
//! goes on.
//!
//! When the client closes its connection, or only its own side of it, before the response, the
//! service's future is dropped, and so is a response's body that waits for something. As long as
//! bytes of the client are unread, such as the next request, a disconnect is not seen.
//!
//! A request that would outlast a graceful shutdown, such as an event stream, waits for
//! [`ConnectionInfo::shutdown_signal`] and ends.
//!
//! # What comes before HTTP
//!
//! Behind a balancer that forwards TCP, [`Server::proxy_protocol`] reads the client address from
//! the PROXY header. With the feature `tls`, `Server::bind_tls` serves HTTPS: certificates are
//! chosen by name and read again when their files change, HTTP/2 is negotiated in the handshake,
//! and clients can be required to send certificates. Both happen in the connection's own task and
//! within its first deadline, so a slow client delays no other.
//!
//! # Files
//!
//! A service may return a [`FileResponse`] instead of a `http::Response`: a response whose body the
//! kernel sends from a file (`sendfile(2)`) where it can. The body itself is sent over TLS, HTTP/2
//! and on systems other than Linux.
//!
//! # Graceful shutdown
//!
//! [`Handle::stop`], or a signal where [`Listening::run`] is used, begins a graceful shutdown: no
//! new connection is accepted; a request that is on its way on an idle connection is still answered
//! within a short grace, with `Connection: close`; HTTP/2 clients get GOAWAY; and after
//! [`shutdown_timeout`](Limits::shutdown_timeout) the remaining requests are cut off. [`Phase`] is
//! the progress.
//!
//! # Without the server
//!
//! Without the feature `http1` there is no server, and hyper is not compiled. [`ConnectionInfo`], [`Limits`],
//! [`Handle`] and [`BodyError`] remain, for applications that run in another server.
//!
//! # What it does not do
//!
//! Routing, compression, several processes: other crates do these. It trusts no HTTP header about
//! the client's address, and gets no certificates from an authority (ACME).

#![cfg_attr(
    not(feature = "http1"),
    expect(dead_code, reason = "only the server calls these methods")
)]

#[cfg(feature = "http1")]
mod coarse_clock;
#[cfg(feature = "http1")]
mod connection;
mod connection_info;
mod error;
mod extensions;
#[cfg(feature = "http1")]
mod file_response;
#[cfg(feature = "http1")]
mod framing;
mod limits;
#[cfg(feature = "http1")]
mod listen;
#[cfg(feature = "http1")]
mod observe;
#[cfg(feature = "http1")]
mod proxy_protocol;
#[cfg(feature = "http1")]
mod request;
#[cfg(feature = "http1")]
mod server;
mod shutdown_signal;
#[cfg(feature = "http1")]
mod signal;
#[cfg(feature = "http1")]
mod state;
mod stop;
#[cfg(feature = "http1")]
mod stream;
#[cfg(feature = "http1")]
mod system;
#[cfg_attr(not(feature = "http1"), path = "tls/no_server.rs")]
#[cfg_attr(all(feature = "http1", not(feature = "tls")), path = "tls/disabled.rs")]
mod tls;

#[cfg(feature = "tls")]
pub use crate::tls::{ClientCertificates, Tls, TlsError, TlsInfo};
pub use crate::{
    connection_info::ConnectionInfo,
    error::{BodyError, BoxError, StartError, panic_message},
    extensions::recycle_extensions,
    limits::Limits,
    shutdown_signal::ShutdownSignal,
    stop::{Handle, Phase, Stop},
};
#[cfg(feature = "http1")]
pub use crate::{
    file_response::{FileBody, FilePart, FileResponse, Respond},
    listen::{IntoListener, Listening, runtime},
    observe::Observe,
    proxy_protocol::{ProxyHeader, ProxyHeaderError},
    request::{Incoming, Serve},
    server::Server,
    signal::obey_signals,
};
#[doc(no_inline)]
pub use http;
#[doc(no_inline)]
pub use squall_listen::{Address, AddressError, Bind, Inherited, ListenError, Listener, inherited};
pub use squall_peers::{TrustedProxies, TrustedProxiesError};
