//! Refuses requests that another site has made a visitor's browser send.
//!
//! A browser sends a site's cookies with every request, also with those that a form or script of a stranger's page
//! makes. So that these do nothing, whatever changes something has to show two things: that the browser does not say
//! that it comes from elsewhere (`Sec-Fetch-Site`, `Origin`), and a token that only pages of this site know, Tornado's
//! `_xsrf`.
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
//!         Ok::<_, Infallible>(Response::new(form))
//!     }));
//!
//! let response = service.clone().oneshot(Request::new(Full::default())).await?;
//! assert!(response.body().contains(r#"<input type="hidden" name="_xsrf" value="2|"#));
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
//! `GET`, `HEAD` and `OPTIONS` pass: let them change nothing. All other methods need
//!
//! 1. not to come from another origin. The rules are those of Go's `CrossOriginProtection`: `Sec-Fetch-Site`
//!    decides, and where a browser sends none, `Origin` has to name the request's own host. A request with
//!    neither is not from a browser.
//! 2. the token, in the header `X-XSRFToken` or `X-CSRFToken`, or else in the form's field `_xsrf`, which has to
//!    be the same as in the cookie `_xsrf`. A form is read hardly further than that field, up to
//!    [`XsrfLayer::form_limit`], and what was read is given to the service again.
//!
//! A WebSocket's handshake is a `GET` that can do anything later, and no script can give it headers. It passes
//! the first check only.
//!
//! What is refused gets 403 with a line of plain text that repeats nothing of the request, and an [`XsrfError`]
//! in the response's extensions for whoever likes to say it better.
//!
//! # Beside a Tornado
//!
//! Cookies and tokens of one are good for the other, of version 2 and 1. What is stricter here: a token is 16
//! bytes, as Tornado makes them, where it takes any text; it is not looked for in the query, where it would be
//! logged; and where a header has a token, the form's is not looked at.
//!
//! # What it does not do
//!
//! It does not help against a script in your own page, which can read the token. It cannot tell apart sites that
//! set cookies for each other, such as neighbours below one domain, but by the first check; a
//! [`cookie_name`](XsrfLayer::cookie_name) that begins with `__Host-` keeps them out.
//!
//! The origin check is not that of tower-http: its exemptions see no extensions, and WebSocket handshakes pass
//! it. A test compares the two.
#![forbid(unsafe_code)]

mod body;
mod error;
mod form;
mod layer;
mod origin;
mod reader;
mod service;
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
