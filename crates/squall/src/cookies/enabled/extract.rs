//! The cookies of a request and of its response.

use std::ops::Deref;

use axum_core::extract::FromRequestParts;
use http::request::Parts;

use crate::Error;

/// The request's cookies, and those that its response sets, signed or not; see
/// [`squall_cookies::Cookies`].
///
/// It needs a [`cookie_secret`](crate::Application::cookie_secret), or
/// [`cookies(true)`](crate::Application::cookies) if no cookie is signed; without either, the
/// response is 500.
///
/// # Examples
///
/// ```
/// use squall::{Cookies, Redirect};
///
/// async fn sign_in(cookies: Cookies) -> squall::Result<Redirect> {
///     cookies.set_signed_cookie(("user", "Ada"))?;
///     Ok(Redirect::see_other("/"))
/// }
///
/// async fn greet(cookies: Cookies) -> String {
///     match cookies.get_signed_cookie("user") {
///         Some(user) => format!("Hello, {user}"),
///         None => "Hello, stranger".to_owned(),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it is taken apart where it is extracted"
)]
pub struct Cookies(pub squall_cookies::Cookies);

impl Deref for Cookies {
    type Target = squall_cookies::Cookies;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Cookies {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let cookies = parts.extensions.get().cloned();
        cookies.map(Self).ok_or_else(|| {
            Error::new("Cookies without Application::cookie_secret(…) or cookies(true)")
        })
    }
}
