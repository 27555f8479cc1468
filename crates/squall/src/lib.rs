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
//! # What is where
//!
//! - [`Application`]: routes and settings. [`get`] and its like put handlers on routes; a
//!   [`Handler`] is an `async fn` whose arguments read from the request ([`Path`], [`Query`],
//!   [`Form`], [`Json`], [`State`], [`Client`], [`Urls`], [`Cookies`], [`CurrentUser`], [`Locale`], [`Page`],
//!   [`Xsrf`], [`Extension`]) and whose result is a response ([`Html`], [`Redirect`], [`Json`], [`Error`], text,
//!   a status, …).
//! - [`Server`]: addresses, limits, processes and threads, the end. [`Application::listen`] is its
//!   short form, [`serve`] the one for people who own the runtime.
//! - [`metrics`], [`healthz`] and [`readyz`]: handlers for those who watch.
//! - [`guide`]: how to run and deploy, page by page.
//! - [`ApplicationService`]: the application as a [`tower_service::Service`], for axum and others.
//!
//! The traits of handlers, extractors and responses are those of `axum-core`, so what is
//! written for axum works here. An axum `Router` [mounts](Application::mount) here, and an
//! application mounts there.
//!
//! # What it does not do
//!
//! No database, no client, no magic: a handler is a function. What has its own crate is only
//! introduced here; each of them works alone.
//!
//! # Features
//!
//! | feature | what it adds | by default |
//! |---|---|---|
//! | `tls` | `Server::bind_tls`: HTTPS with rustls | no |

mod access_log;
mod application;
mod counts;
mod error;
mod error_pages;
mod extract;
mod files;
pub mod guide;
mod handler;
mod health;
mod listen;
mod logging;
mod methods;
mod mount;
mod page;
mod response;
pub mod route;
mod run;
mod serve;
mod server;
mod service;
mod settings;
mod site;
mod tls;
mod urls;
mod user;

pub use crate::{
    application::Application,
    error::{Error, Result},
    error_pages::ErrorPage,
    extract::{
        Client, Cookies, CurrentUser, Extension, Form, Json, Locale, Path, Query, State, Xsrf,
    },
    handler::Handler,
    health::{healthz, metrics, readyz},
    methods::{Methods, any, delete, get, head, on, options, patch, post, put},
    page::Page,
    response::{Html, Redirect},
    serve::serve,
    server::{Server, Worker},
    service::{ApplicationService, ResponseFuture},
    settings::Secret,
    urls::Urls,
};
#[doc(no_inline)]
pub use axum_core::{
    body::Body,
    extract::{FromRef, FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};
#[doc(no_inline)]
pub use http;
#[doc(no_inline)]
pub use squall_auth::safe_next;
#[doc(no_inline)]
pub use squall_cookies::{Cookie, CookieSecret, Expiration, SameSite, Validity};
#[doc(no_inline)]
pub use squall_debug::{Editor, Tracebacks};
#[doc(no_inline)]
pub use squall_locale::Translations;
#[doc(no_inline)]
pub use squall_prefork::{Supervisor, worker::task_id};
#[doc(no_inline)]
pub use squall_routing::{Host, ReverseError, Rule, regex};
#[doc(no_inline)]
pub use squall_server::{Address, Bind, ConnectionInfo, Handle, Limits, Listener, Phase, Stop};
#[cfg(feature = "tls")]
#[doc(no_inline)]
pub use squall_server::{ClientCertificates, Tls, TlsInfo};
#[doc(no_inline)]
pub use squall_static::StaticFiles;
#[doc(no_inline)]
pub use squall_templates::{Templates, html, minijinja::context};
#[doc(no_inline)]
pub use squall_xheaders::{TrustedProxies, XHeaders};
#[doc(no_inline)]
pub use squall_xsrf::XsrfLayer;

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
