//! Protection against cross-site request forgery (XSRF, CSRF): Tornado's `_xsrf` tokens and an
//! origin check.
//!
//! A browser sends a site's cookies with every request, even if a form or script of another site
//! sent it. So a request that may change something has to pass two checks: its `Sec-Fetch-Site` or
//! `Origin` names no other site, and it has the token `_xsrf`, which only pages of this site can
//! read.
//!
//! ```
//! use std::convert::Infallible;
//! use bytes::Bytes;
//! use http::{Method, Request, Response};
//! use http_body_util::Full;
//! use squall_xsrf::{Xsrf, XsrfBody, XsrfLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = ServiceBuilder::new()
//!     .layer(XsrfLayer::new())
//!     .service(service_fn(async |request: Request<XsrfBody<Full<Bytes>>>| {
//!         let xsrf: &Xsrf = request.extensions().get().expect("the layer puts it there");
//!         let form = format!("<form method=post>{}<button>Go</button></form>", xsrf.xsrf_form_html());
//!         Ok::<_, Infallible>(Response::new(Bytes::from(form)))
//!     }));
//!
//! let response = service.clone().oneshot(Request::new(Full::default())).await?;
//! let page = str::from_utf8(response.body())?;
//! assert!(page.contains(r#"<input type="hidden" name="_xsrf" value="2|"#));
//! let cookie = response.headers()["set-cookie"].to_str()?.to_owned();
//!
//! // Without the token.
//! let post = || Request::builder().method(Method::POST);
//! let response = service.clone().oneshot(post().body(Full::default())?).await?;
//! assert_eq!(response.status(), 403);
//!
//! // With the cookie, and its token in a header.
//! let (_name, token) = cookie.split_once('=').expect("it is a pair");
//! let (token, _attributes) = token.split_once(';').expect("it has attributes");
//! let post = post().header("x-xsrftoken", token).header("cookie", &cookie);
//! let response = service.oneshot(post.body(Full::default())?).await?;
//! assert_eq!(response.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! # What is checked
//!
//! `GET`, `HEAD` and `OPTIONS` pass, so their handlers must not change anything. All other methods
//! are checked:
//!
//! 1. The origin, by the rules of Go's `CrossOriginProtection`: `Sec-Fetch-Site` decides, and
//!    without it, `Origin` must have the request's own host. A request with neither is not from a
//!    browser.
//! 2. The token, in the header `X-XSRFToken` or `X-CSRFToken`, or else in the form's field `_xsrf`:
//!    it must be equal to that of the cookie `_xsrf`. A form is read little further than that
//!    field, up to [`XsrfLayer::form_limit`], and the inner service receives the whole body.
//!
//! A WebSocket handshake is a `GET` with any effect later, and scripts cannot set its headers. Only
//! the first check applies to it.
//!
//! A rejected request gets 403 with a line of plain text, which repeats nothing of the request. The
//! response's extensions have an [`XsrfError`], from which an outer layer can make an error page.
//!
//! # Beside a Tornado
//!
//! Cookies and tokens of versions 1 and 2 are interchangeable with Tornado's. Three rules are
//! stricter: a token must have 16 bytes, as Tornado makes them, while Tornado accepts any text; the
//! query is not searched, since it would be logged; and a token in a header takes precedence over
//! the form's.
//!
//! # What it does not do
//!
//! It does not protect against a script in your own page, which can read the token. Subdomains of
//! one domain can set cookies for each other, so against them only the first check helps, unless
//! [`cookie_name`](XsrfLayer::cookie_name) has the prefix `__Host-`.
//!
//! The origin check is not that of tower-http: its exemptions see no extensions, and WebSocket
//! handshakes pass it. A test compares the two.
#![forbid(unsafe_code)]

mod body;
mod error;
mod form;
mod layer;
mod origin;
mod reader;
mod service;
mod settings;
mod token;
mod xsrf;

pub use cookie::SameSite;

pub use crate::{
    body::XsrfBody,
    error::{ConfigError, XsrfError},
    layer::XsrfLayer,
    service::{ResponseFuture, XsrfService},
    xsrf::Xsrf,
};
