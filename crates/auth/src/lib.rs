//! Authentication for `http` requests: Tornado's `login_url` and `authenticated`, and sign-in.
//!
//! [`LoginUrl`] decides about a request without a user: a redirect to the login page, which
//! redirects back to the requested page, or a 403. It works with any framework, and is what squall's
//! `CurrentUser` calls.
//!
//! ```
//! use http::{Request, Response};
//! use squall_auth::LoginUrl;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // At start.
//! let login_url = LoginUrl::new("/login")?;
//!
//! // For a request without a user.
//! let request = Request::get("/me?tab=1").body(())?;
//! let login = login_url.login(request.method(), request.uri(), None);
//! let response: Response<String> = login.response();
//! assert_eq!(response.status(), 302);
//! assert_eq!(response.headers()["location"], "/login?next=%2Fme%3Ftab%3D1");
//! # Ok(())
//! # }
//! ```
//!
//! The example `axum_auth` has an extractor `User` whose rejection is that response, and the same
//! extractor as a guard before a group of routes.
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
//! It finds no user: that is an extractor of your framework. It stores no passwords, sessions,
//! cookies or tokens, and has no permissions.
#![forbid(unsafe_code)]

mod error;
mod login_url;
mod next;
#[cfg(feature = "oauth2")]
mod sign_in;

#[cfg(feature = "oauth2")]
pub use crate::sign_in::{Access, Attempt, OAuth2Provider, SignIn, SignInError};
#[cfg(feature = "openid")]
pub use crate::sign_in::{OpenIdProvider, SignedIn};
pub use crate::{
    error::ConfigError,
    login_url::{Login, LoginUrl},
    next::safe_next,
};
