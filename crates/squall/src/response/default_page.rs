//! The body of an error without a page of the application's own: HTML, JSON or text, by `Accept`.

use axum_core::response::{IntoResponse, Response};
use http::HeaderValue;

use super::Error;

/// Returns the status and, for a refusal, its reason.
pub(crate) fn default_page(error: &Error, _accept: Option<&HeaderValue>) -> Response {
    let status = error.status_code();
    match error.reason() {
        Some(reason) => format!("{status}\n{reason}\n").into_response(),
        None => format!("{status}\n").into_response(),
    }
}
