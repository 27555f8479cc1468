//! Responses: HTML and redirects. `error.rs` is the error of a handler, with the status of
//! `body_fault.rs`; `error_pages.rs` is its page, and `default_page.rs` that of an application
//! without one, in the format of `negotiate.rs`.

pub(crate) mod body_fault;
pub(crate) mod default_page;
mod error;
pub(crate) mod error_pages;
pub(crate) mod negotiate;

pub use self::{
    error::{Error, Result},
    error_pages::ErrorPage,
};

use axum_core::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

/// A body of HTML.
///
/// # Examples
///
/// ```
/// use squall::Html;
///
/// async fn page() -> Html<&'static str> {
///     Html("<!doctype html><title>Hello</title><p>Hello, world")
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it is constructed where it is returned"
)]
pub struct Html<T>(pub T);

impl<T: IntoResponse> IntoResponse for Html<T> {
    fn into_response(self) -> Response {
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        ([(header::CONTENT_TYPE, html)], self.0).into_response()
    }
}

/// A redirect to another URL (Tornado's `redirect`).
///
/// # Examples
///
/// ```
/// use squall::Redirect;
///
/// async fn old() -> Redirect {
///     Redirect::permanent("/new")
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a redirect does nothing until it is returned"]
pub struct Redirect {
    status: StatusCode,
    location: String,
}

impl Redirect {
    /// Returns a 302 (Found): a temporary redirect.
    pub fn to(location: impl Into<String>) -> Self {
        Self::with(StatusCode::FOUND, location)
    }

    /// Returns a 303 (See Other): the client requests the URL with GET, as after a form.
    pub fn see_other(location: impl Into<String>) -> Self {
        Self::with(StatusCode::SEE_OTHER, location)
    }

    /// Returns a 301 (Moved Permanently), which clients may cache for ever.
    pub fn permanent(location: impl Into<String>) -> Self {
        Self::with(StatusCode::MOVED_PERMANENTLY, location)
    }

    fn with(status: StatusCode, location: impl Into<String>) -> Self {
        Self {
            status,
            location: location.into(),
        }
    }
}

/// A location that is no valid header value, such as one with a line break, is an error (500).
impl IntoResponse for Redirect {
    fn into_response(self) -> Response {
        match HeaderValue::try_from(&self.location) {
            Ok(location) => (self.status, [(header::LOCATION, location)]).into_response(),
            Err(error) => Error::new(error).into_response(),
        }
    }
}
