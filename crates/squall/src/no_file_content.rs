//! Responses without files: there are no static files, or another server sends the bodies.

#[cfg(any(feature = "static", feature = "server"))]
use axum_core::{body::Body, response::Response};

/// Returns a response of a static file as one of the application.
#[cfg(feature = "static")]
pub(crate) fn into_response(response: http::Response<squall_static::Body>) -> Response {
    response.map(Body::new)
}

/// Has the server send the body that the response has.
pub(crate) fn forget_file<B>(_: &mut http::Response<B>) {}

/// Returns the response for the server, without a file.
#[cfg(feature = "server")]
pub(crate) fn with_file(response: Response) -> squall_server::FileResponse<Body> {
    response.into()
}
