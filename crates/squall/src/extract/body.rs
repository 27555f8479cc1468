//! Whole request bodies, and the field of one that is wrong.

use axum_core::extract::{FromRequest, Request};
use bytes::Bytes;
use http::StatusCode;

use crate::{Error, response::body_fault::request_fault};

/// Reads the whole body. An error has the status of its cause.
pub(super) async fn read_body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Error> {
    let body = Bytes::from_request(request, state).await;
    body.map_err(|rejection| {
        let status = request_fault(&rejection).unwrap_or_else(|| rejection.status());
        Error::refusal(status, rejection)
    })
}

/// Returns the refusal of a value that is wrong at a path, such as `user.age`.
pub(super) fn at_path<E>(status: StatusCode, error: serde_path_to_error::Error<E>) -> Error
where
    E: std::error::Error + Send + Sync + 'static,
{
    let path = error.path().to_string();
    let refusal = Error::refusal(status, error);
    match &*path {
        "." => refusal,
        _ => refusal.with_field(path),
    }
}
