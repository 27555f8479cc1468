//! Cookies for tower services, and signed values that are compatible with Tornado.
//!
//! ```
//! use std::convert::Infallible;
//! use http::{Request, Response};
//! use squall_cookies::{CookieSecret, Cookies, CookiesLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Generated once, kept outside the source code, and the same for all processes.
//! let secret = CookieSecret::new(CookieSecret::generate()?)?;
//!
//! let service = ServiceBuilder::new()
//!     .layer(CookiesLayer::new().secret(secret))
//!     .service(service_fn(async |request: Request<()>| {
//!         let cookies: &Cookies = request.extensions().get().expect("the layer puts it there");
//!         let greeting = match cookies.get_signed_cookie("user") {
//!             Some(user) => format!("Welcome back, {user}"),
//!             None => "Nice to meet you".to_owned(),
//!         };
//!         cookies.set_signed_cookie(("user", "Ada")).expect("Ada is a good name");
//!         Ok::<_, Infallible>(Response::new(greeting))
//!     }));
//!
//! let response = service.clone().oneshot(Request::new(())).await?;
//! assert_eq!(response.body(), "Nice to meet you");
//! let set_cookie = response.headers()["set-cookie"].to_str()?;
//! assert!(set_cookie.contains("; HttpOnly; SameSite=Lax; Path=/; Expires="));
//!
//! let (pair, _attributes) = set_cookie.split_once(';').expect("there are attributes");
//! let request = Request::builder().header("cookie", pair).body(())?;
//! let response = service.oneshot(request).await?;
//! assert_eq!(response.body(), "Welcome back, Ada");
//! # Ok(())
//! # }
//! ```
//!
//! # What a signature guarantees
//!
//! Without the secret, a client cannot forge, change or rename a signed cookie: the signature
//! covers the name, the time and the value. A signature does not guarantee:
//!
//! - Confidentiality: the client can read the value, so do not store secrets in it.
//! - Revocation: the client can replay the cookie until it expires, even after a sign-out.
//! - Origin: a neighbouring domain can plant its own signed cookie in another user's browser. The
//!   name prefix `__Host-` prevents this.
//!
//! # Compatibility with Tornado
//!
//! With the same `cookie_secret`, Tornado and this crate read each other's signed cookies of
//! version 2, including key versions. This crate is stricter:
//!
//! - Version 1 is accepted only with [`Validity::min_version`], since it is signed with SHA-1 and
//!   has no key version.
//! - Spaces, signs and leading zeros inside a signed value, which Python's `int` and `b64decode`
//!   accept, are malformed. Tornado never writes them.
//! - Several `Cookie` headers form one list of pairs, as in HTTP/2 (RFC 9113, section 8.2.3);
//!   Tornado joins them with commas.
//! - Pairs that are not UTF-8 are skipped; Tornado reads Latin-1.
//! - [`Cookies::set_cookie`] rejects values that Tornado would quote.
//!
//! # Limits
//!
//! This crate has no encryption, no sessions, no client-side cookie jar and no user accounts. A
//! cookie that is set after the response head was built is not sent.
#![forbid(unsafe_code)]

mod config;
mod cookies;
mod error;
mod header;
mod keys;
mod layer;
mod secret;
mod set_cookie;
mod signed;

pub use cookie::{Cookie, CookieBuilder, Expiration, SameSite, time};

pub use crate::{
    cookies::Cookies,
    error::{ConfigError, SetCookieError, SignedValueError},
    layer::{CookiesLayer, CookiesService, ResponseFuture},
    secret::CookieSecret,
    signed::{Validity, get_signature_key_version},
};
