//! Cookies for tower services, and values signed as Tornado signs them.
//!
//! ```
//! use std::convert::Infallible;
//! use http::{Request, Response};
//! use squall_cookies::{CookieSecret, Cookies, CookiesLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Made once, kept outside the program's source, the same for all processes.
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
//! # What a signature is worth
//!
//! A signed cookie cannot be made or changed by whoever does not know the secret, and not be renamed: the signature
//! covers the name, the time and the value. It can be read by its owner, so keep nothing secret in it. It can be kept
//! and sent again until it expires, even after a sign-out. And it can be planted in another's browser by whoever
//! controls a neighbouring domain; a name that begins with `__Host-` keeps that from happening.
//!
//! # Beside a Tornado
//!
//! With one `cookie_secret`, Tornado and this crate read each other's signed cookies, of version 2 and with key
//! versions. What is stricter here:
//!
//! - Version 1 is read only if [`Validity::min_version`] says so. It is signed with SHA-1, and knows no key versions.
//! - What Python's `int` and `b64decode` forgive inside a signed value (spaces, signs, leading zeros) is
//!   malformed. No Tornado writes it.
//! - Several `Cookie` headers are one list of pairs, as HTTP/2 has it (RFC 9113, section 8.2.3); Tornado joins
//!   them with commas.
//! - Pairs that are not UTF-8 are skipped; Tornado reads Latin-1.
//! - [`Cookies::set_cookie`] refuses a value that Tornado would quote.
//!
//! # What it does not do
//!
//! It does not encrypt, has no sessions and no jar for clients, and does not know who the user is. It does not notice
//! that a response is over: what is set after its head was made is not sent.
#![forbid(unsafe_code)]

mod cookies;
mod error;
mod header;
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
