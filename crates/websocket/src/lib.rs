//! WebSocket (RFC 6455) for axum and hyper, over HTTP/1.1 and HTTP/2 (RFC 8441).
//!
//! A handler receives and sends messages. The connection does the rest, whatever the handler does: it answers
//! pings, sends its own, finds clients that are gone, keeps limits and deadlines, and closes in order, at a shutdown of
//! the server too. An idle socket keeps no buffers.
//!
//! ```
//! use axum::{Router, response::Response, routing::any};
//! use squall_websocket::{WebSocket, WebSocketError, WebSocketUpgrade};
//!
//! async fn echo(upgrade: WebSocketUpgrade) -> Response {
//!     upgrade.on_upgrade(async |mut socket: WebSocket| {
//!         while let Some(message) = socket.recv().await {
//!             socket.send(message?).await?;
//!         }
//!         Ok::<_, WebSocketError>(())
//!     })
//! }
//!
//! // `any`, since a handshake over HTTP/2 is a CONNECT.
//! let router: Router = Router::new().route("/echo", any(echo));
//! ```
//!
//! With hyper alone, [`WebSocketUpgrade::new`] takes the request. [`WebSocket`] is also a `Stream` and a `Sink`, and
//! [`split`](WebSocket::split) makes two halves for two tasks. [`Sender`] can be cloned and has
//! [`try_send`](Sender::try_send), for rooms that no slow client may hold up.
//!
//! # Safe by default
//!
//! - **Origin.** Browsers let any page open a WebSocket to any site, with the site's cookies. So a handshake with an
//!   `Origin` of another site gets 403; see [`own_origin`](WebSocketSettings::own_origin) behind a proxy that
//!   changes `Host`, [`allowed_origins`](WebSocketSettings::allowed_origins) and
//!   [`check_origin`](WebSocketSettings::check_origin).
//! - **Memory.** Messages have at most 10 MiB, inflated or not; what waits for a slow client or a slow handler is
//!   bounded; an announced length reserves little.
//! - **Time.** A message has a minute to arrive, a ping is sent every 30 seconds, and a client that sends nothing after it,
//!   or reads nothing, is gone.
//! - **Compression** is off; see `Compression` for the reasons. The inflater stops at the limit.
//!
//! # Shutdown
//!
//! [`WebSocketUpgrade::shutdown`] takes a future. When it is ready, new handshakes get 503 with `Retry-After`, and the
//! socket gets a close frame with 1001, at a random moment within
//! [`shutdown_spread`](WebSocketSettings::shutdown_spread). The handler receives messages until the client answers,
//! or [`close_timeout`](WebSocketSettings::close_timeout) passes.
//!
//! # HTTP/2
//!
//! The server has to allow extended CONNECT (`enable_connect_protocol` of hyper; `axum::serve` does). h2 ends a
//! connection with all its streams if too many small frames of one stream are not read, so a socket over HTTP/2 is always
//! read, and reset alone when its handler leaves [`max_unread`](WebSocketSettings::max_unread) and
//! `max_message_size` unread.
//!
//! # Features
//!
//! All are on by default: `axum` (the extractor), `deflate` (compression), `http2`.
//!
//! # What it does not do
//!
//! It is no client, and it does not send a message in fragments. It has no rooms: a broadcast channel of tokio is one.
//! It does not depend on any server: the shutdown signal and the site's origin are passed in.
#![forbid(unsafe_code)]

mod alarm;
pub mod codec;
mod connection;
#[cfg_attr(not(feature = "deflate"), path = "deflate/disabled.rs")]
mod deflate;
mod driver;
mod error;
#[cfg(feature = "axum")]
mod extract;
mod handshake;
mod message;
mod output;
mod settings;
mod socket;
mod timing;
mod upgrade;

#[cfg(feature = "deflate")]
pub use crate::deflate::Compression;
pub use crate::{
    codec::{CloseCode, CloseFrame},
    error::WebSocketError,
    handshake::{HandshakeError, HandshakeFault, OriginError},
    message::{Message, Text},
    settings::WebSocketSettings,
    socket::{Receiver, Sender, WebSocket},
    upgrade::{Accepted, WebSocketUpgrade},
};
