//! Authentication for tower services: Tornado's `current_user`, `login_url` and `authenticated`.
//!
//! [`CurrentUserLayer`] calls your function to find the user of each request. [`LoginLayer`]
//! redirects requests without a user to the login page, which redirects back to the requested page.
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
//! The login page must check the parameter `next` with [`safe_next`] before it redirects there,
//! since the author of a link chooses its value.
//!
#![cfg_attr(
    feature = "oauth2",
    doc = "With the feature `oauth2` there is [`SignIn`], for sign-in with the account of another site by OAuth 2.0."
)]
#![cfg_attr(
    not(feature = "oauth2"),
    doc = "With the feature `oauth2` there is sign-in with the account of another site by OAuth 2.0."
)]
//! The feature `openid` adds OpenID Connect, whose providers sign the identity of the user. They
//! replace Tornado's `OAuth2Mixin`, `FacebookGraphMixin` and `GoogleOAuth2Mixin`.
//!
//! # What it does not do
//!
//! It stores no passwords, sessions, cookies or tokens, and has no permissions. [`LoginLayer`] has
//! no exception for the login page, so do not put that page behind it.
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
