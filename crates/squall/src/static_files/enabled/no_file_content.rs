//! Another server sends the bytes of a response's body, never a file.

use axum_core::{body::Body, response::Response};

/// Returns a response of a static file as one of the application.
pub(super) fn into_response(response: http::Response<squall_static::Body>) -> Response {
    response.map(Body::new)
}

/// Has the server send the body that the response has.
pub(crate) fn forget_file<B>(_: &mut http::Response<B>) {}
