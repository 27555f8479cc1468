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
    feature = "oauth2",
    doc = "With the feature `oauth2` there is [`SignIn`], for sign-in with the account of another site by OAuth 2.0."
)]
#![cfg_attr(
    not(feature = "oauth2"),
    doc = "With the feature `oauth2` there is sign-in with the account of another site by OAuth 2.0."
)]
//! The feature `openid` adds OpenID Connect to it, where the other site signs who the user is. They are what
//! Tornado has as `OAuth2Mixin`, `FacebookGraphMixin` and `GoogleOAuth2Mixin`.
//!
//! # What it does not do
//!
//! It keeps no passwords, no sessions, no cookies and no tokens, and does not decide what a user may do. It does not
//! know the sign-in page of your site, so do not put that behind [`LoginLayer`].
#![forbid(unsafe_code)]

mod current_user;
mod error;
mod login;
mod login_url;
mod next;
#[cfg(feature = "oauth2")]
mod sign_in;

#[cfg(feature = "oauth2")]
pub use crate::sign_in::{Access, Attempt, OAuth2Provider, SignIn, SignInError};
#[cfg(feature = "openid")]
pub use crate::sign_in::{OpenIdProvider, SignedIn};
pub use crate::{
    current_user::{CurrentUser, CurrentUserFuture, CurrentUserLayer, CurrentUserService},
    error::ConfigError,
    login::{LoginFuture, LoginLayer, LoginService},
    login_url::{Login, LoginUrl},
    next::safe_next,
};
