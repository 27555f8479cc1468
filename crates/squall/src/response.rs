//! Responses that say what they are.

use axum_core::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::Error;

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
#[expect(clippy::exhaustive_structs, reason = "it is made where it is returned")]
pub struct Html<T>(pub T);

impl<T: IntoResponse> IntoResponse for Html<T> {
    fn into_response(self) -> Response {
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        ([(header::CONTENT_TYPE, html)], self.0).into_response()
    }
}

/// Sends the client to another URL (Tornado's `redirect`).
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
#[must_use = "it is a response: return it"]
pub struct Redirect {
    status: StatusCode,
    location: String,
}

impl Redirect {
    /// 302 (Found): elsewhere for now.
    pub fn to(location: impl Into<String>) -> Self {
        Self::with(StatusCode::FOUND, location)
    }

    /// 303 (See Other): the result of a form is there, and is read with GET.
    pub fn see_other(location: impl Into<String>) -> Self {
        Self::with(StatusCode::SEE_OTHER, location)
    }

    /// 301 (Moved Permanently): clients may remember it for ever.
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

/// A location that is not a header's value, such as one with a line break, is a 500 instead.
impl IntoResponse for Redirect {
    fn into_response(self) -> Response {
        match HeaderValue::try_from(&self.location) {
            Ok(location) => (self.status, [(header::LOCATION, location)]).into_response(),
            Err(error) => Error::new(error).into_response(),
        }
    }
}
