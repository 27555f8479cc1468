//! A program that is its own server: Tornado's way of running and deploying, in Rust.
//!
//! ```no_run
//! use squall::{Application, get};
//!
//! fn main() -> squall::Result<()> {
//!     Application::new()
//!         .route("/", get(|| async { "Hello, world" }))
//!         .listen(8888)
//! }
//! ```
//!
//! # Overview
//!
//! - [`Application`]: routes and settings. [`get`] and its like put handlers on routes; a
//!   [`Handler`] is an `async fn` whose arguments read from the request ([`Path`], [`Query`],
//!   [`Form`], [`Json`], [`State`], [`Client`], [`Urls`], [`Cookies`], [`CurrentUser`], [`Locale`],
//!   [`Multipart`], [`BodyStream`], [`Page`], [`Xsrf`], [`Sse`],
//!   [`Shutdown`], [`Tasks`], [`Extension`]) and whose result is a response ([`Html`], [`Redirect`],
//!   [`Json`], [`Error`], text, a status, …).
//! - [`Server`]: addresses, limits, processes and threads, graceful shutdown.
//!   [`Application::listen`] is its short form; [`serve`] runs in a runtime that the caller owns.
//! - [`env`](fn@env): settings from environment variables.
//! - [`metrics`], [`healthz`] and [`readyz`]: handlers for monitoring.
//! - [`guide`]: how to run and deploy, page by page.
//! - [`ApplicationService`]: the application as a [`tower_service::Service`], for axum and others.
//!
//! Handlers, extractors and responses use the traits of `axum-core`, so those that are written for
//! axum work here. An application can [mount](Application::mount) an axum `Router`, and the
//! reverse.
//!
//! # What it does not do
//!
//! No database, no HTTP client, no magic: a handler is a function. Most capabilities have a crate
//! of their own, which also works without this one.
//!
//! # Features
//!
//! Each capability is a feature, and all but `testing`, `tls` and `websocket-deflate` are on by default. A feature that is off takes
//! its settings, extractors and dependencies away. With `default-features = false`, squall is
//! routing and handlers, for an application in another server.
//!
//! | feature | what it adds | by default |
//! |---|---|---|
//! | `auth` | `CurrentUser`, `current_user`, `login_url`; turns on `cookies` and `xheaders` | yes |
//! | `autoreload` | in debug mode, reload of the rebuilt program (with `prefork`) and of open pages; turns on `debug` and `server` | yes |
//! | `compression` | `compress_response` | yes |
//! | `cookies` | `Cookies`, `cookie_secret` | yes |
//! | `debug` | `debug`, `tracebacks`: the traceback page; backtraces, request ids and masked queries in the log | yes |
//! | `form` | `Form`, `Query` | yes |
//! | `http2` | HTTP/2, with prior knowledge and over TLS; `Limits::max_streams`; turns on `server` | yes |
//! | `json` | `Json` | yes |
//! | `locale` | `Locale`, `translations` | yes |
//! | `log` | `init_log`, and with it `Server::start`, prints the log if the program has no `tracing` subscriber | yes |
//! | `multipart` | `Multipart`, `BodyStream::save_to`, `safe_file_name` | yes |
//! | `prefork` | `Server::start` with several processes, `supervisor`, `metrics`, notifications for systemd; on Unix systems; turns on `server` | yes |
//! | `regex` | `regex`, `Host::regex`, constraints such as `{id:[0-9]+}`, several parameters in a segment | yes |
//! | `server` | `Server`, `Application::listen`, `serve`: squall's own server, on hyper | yes |
//! | `sse` | `Sse`, `Event`: server-sent events | yes |
//! | `static` | `static_path`, `static_files`, `StaticFiles`, `Urls::static_url` | yes |
//! | `templates` | `Page`, `template_path`, `templates`; turns on `locale` and `xheaders` | yes |
//! | `testing` | [`testing`]: a client for tests of an application | no |
//! | `tls` | `Server::bind_tls`: HTTPS with rustls; turns on `server` | no |
//! | `websocket` | `WebSocketUpgrade`, [`websocket`]: WebSockets | yes |
//! | `websocket-deflate` | `WebSocketSettings::compression` | no |
//! | `xheaders` | `Client`, `Server::xheaders`, `trusted_proxies`, `Client::layer` | yes |
//! | `xsrf` | `Xsrf`, `xsrf_cookies`, `without_xsrf` | yes |

#![cfg_attr(docsrs, feature(doc_cfg))]

mod application;
mod auth;
mod autoreload;
mod body_limit;
mod compression;
mod cookies;
mod debug;
mod env;
mod extract;
#[cfg_attr(
    not(all(feature = "static", feature = "server")),
    path = "no_file_content.rs"
)]
mod file_content;
pub mod guide;
mod handler;
mod health;
mod locale;
#[cfg(any(feature = "log", feature = "server"))]
#[cfg_attr(not(feature = "log"), path = "no_logging.rs")]
mod logging;
mod matched;
mod mount_prefix;
#[cfg(feature = "multipart")]
pub mod multipart;
mod prefork;
mod response;
mod routes;
#[cfg_attr(not(feature = "server"), path = "no_server.rs")]
mod server;
mod service;
#[cfg(feature = "sse")]
mod sse;
mod static_files;
mod tasks;
mod templates;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "websocket")]
pub mod websocket;
mod xheaders;
mod xsrf;

pub use crate::{
    application::{Application, Urls},
    env::env,
    extract::{BodyStream, Extension, Path, Shutdown, State},
    handler::Handler,
    health::{healthz, readyz},
    mount_prefix::MountPrefix,
    response::{Error, ErrorPage, Html, Redirect, Result},
    routes::{Route, Routes, any, delete, get, head, on, options, patch, post, put},
    service::{ApplicationService, ResponseFuture, access_log::CLIENT_CLOSED_REQUEST},
    tasks::Tasks,
};
#[doc(no_inline)]
pub use axum_core::{
    body::Body,
    extract::{FromRef, FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};
#[doc(no_inline)]
pub use http;
#[doc(inline)]
pub use squall_routing::{Host, ReverseError, Rule};
#[doc(inline)]
pub use squall_server::{Address, BodyError, ConnectionInfo, ShutdownSignal};

/// Types in the signatures of [`Application`], [`Routes`] and [`Route`], which no program has to name.
pub mod route {
    #[cfg(feature = "static")]
    pub use crate::routes::ViaStaticFiles;
    pub use crate::{
        handler::{
            arguments::{Arguments, HeadArgument, LastArgument},
            endpoint::{Endpoint, EndpointFuture, HttpService},
            function::{Function, HandlerFuture, HandlerOutput},
        },
        routes::{IntoRoute, RouteLayer, ViaRoute, ViaService},
    };
}

#[cfg(feature = "auth")]
pub use crate::auth::CurrentUser;

#[cfg(feature = "cookies")]
pub use crate::cookies::{Cookies, Secret};
#[cfg(feature = "cookies")]
#[doc(inline)]
pub use squall_cookies::{Cookie, CookieSecret, Expiration, SameSite, Validity};

#[cfg(feature = "debug")]
#[doc(inline)]
pub use squall_debug::{Editor, Tracebacks};

#[cfg(feature = "form")]
pub use crate::extract::{Form, Query};

#[cfg(feature = "json")]
pub use crate::extract::Json;

#[cfg(feature = "locale")]
pub use crate::locale::Locale;
#[cfg(feature = "locale")]
#[doc(inline)]
pub use squall_locale::Translations;

#[cfg(feature = "log")]
pub use crate::logging::init_log;

#[cfg(feature = "multipart")]
#[doc(inline)]
pub use crate::multipart::{Multipart, safe_file_name};

#[cfg(all(unix, feature = "prefork"))]
pub use crate::prefork::metrics;
#[cfg(all(unix, feature = "prefork"))]
#[doc(inline)]
pub use squall_prefork::{Supervisor, worker::task_id};

#[cfg(feature = "regex")]
#[doc(inline)]
pub use squall_routing::regex;

#[cfg(feature = "server")]
pub use crate::server::{Server, Worker, serve};
#[cfg(feature = "server")]
#[doc(inline)]
pub use squall_server::{Bind, Handle, IntoListener, Limits, Listener, Phase, Stop};

#[cfg(feature = "sse")]
pub use crate::sse::{Event, Events, Sse};

#[cfg(feature = "static")]
#[doc(inline)]
pub use squall_static::StaticFiles;

#[cfg(feature = "templates")]
pub use crate::templates::Page;
#[cfg(feature = "templates")]
#[doc(inline)]
pub use squall_templates::{Templates, context, html};

#[cfg(feature = "tls")]
#[doc(inline)]
pub use squall_server::{ClientCertificates, Tls, TlsInfo};

#[cfg(feature = "websocket")]
#[doc(inline)]
pub use crate::websocket::{Message, WebSocket, WebSocketSettings, WebSocketUpgrade};

#[cfg(feature = "xheaders")]
pub use crate::xheaders::Client;
#[cfg(feature = "xheaders")]
#[doc(inline)]
pub use squall_xheaders::{ClientSource, TrustedProxies, XHeaders, XHeadersLayer};

#[cfg(feature = "xsrf")]
pub use crate::xsrf::Xsrf;
#[cfg(feature = "xsrf")]
#[doc(inline)]
pub use squall_xsrf::XsrfLayer;

#[cfg(all(doctest, feature = "default"))]
#[doc = include_str!("../README.md")]
struct Readme;
