//! Who the user is, for tower services: what Tornado has as `current_user`, `login_url` and `authenticated`.
//!
//! [`CurrentUserLayer`] asks a function of yours who a request comes from. [`LoginLayer`] lets users pass and
//! leads everybody else to the sign-in page, which sends them back to where they wanted to go.
//!
//! ```
//! use std::convert::Infallible;
//! use http::{Request, Response, request::Parts};
//! use squall_auth::{CurrentUser, CurrentUserLayer, LoginLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #[derive(Clone)]
//! struct User(String);
//!
//! // A signed cookie would be better.
//! fn user(parts: &Parts) -> Option<User> {
//!     let name = parts.headers.get("x-user")?.to_str().ok()?;
//!     Some(User(name.to_owned()))
//! }
//!
//! let service = ServiceBuilder::new()
//!     .layer(CurrentUserLayer::new(user))
//!     .layer(LoginLayer::<User>::new("/login")?)
//!     .service(service_fn(async |request: Request<()>| {
//!         let CurrentUser(User(name)) = request.extensions().get().expect("there is a user");
//!         Ok::<_, Infallible>(Response::new(format!("Hello, {name}")))
//!     }));
//!
//! let request = Request::builder().uri("/me?tab=1").body(())?;
//! let response = service.clone().oneshot(request).await?;
//! assert_eq!(response.status(), 302);
//! assert_eq!(response.headers()["location"], "/login?next=%2Fme%3Ftab%3D1");
//!
//! let request = Request::builder().uri("/me?tab=1").header("x-user", "Ada").body(())?;
//! let response = service.oneshot(request).await?;
//! assert_eq!(response.body(), "Hello, Ada");
//! # Ok(())
//! # }
//! ```
//!
//! The sign-in page gives what is after `next=` to [`safe_next`] before it sends anybody there: whoever made the
//! link has chosen it.
//!
#![cfg_attr(
    feature = "openid",
    doc = "With the feature `openid` there is [`OpenId`], for sign-in with the account of another site."
)]
#![cfg_attr(
    not(feature = "openid"),
    doc = "With the feature `openid` there is sign-in with the account of another site."
)]
//!
//! # What it does not do
//!
//! It keeps no passwords, no sessions and no cookies, and does not decide what a user may do. It does not know
//! the sign-in page of your site, so do not put that behind [`LoginLayer`].
#![forbid(unsafe_code)]

mod current_user;
mod error;
mod login;
mod login_url;
mod next;
#[cfg(feature = "openid")]
mod openid;

#[cfg(feature = "openid")]
pub use crate::openid::{Attempt, OpenId, OpenIdError, OpenIdProvider, SignedIn};
pub use crate::{
    current_user::{CurrentUser, CurrentUserFuture, CurrentUserLayer, CurrentUserService},
    error::ConfigError,
    login::{LoginFuture, LoginLayer, LoginService},
    login_url::{Login, LoginUrl},
    next::safe_next,
};
