//! Request bodies and their media types.

use std::fmt;

use axum_core::extract::{FromRequest, Request};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};

use crate::{Error, response::request_fault};

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

/// Whether the body has this media type (RFC 9110, 8.3.1), parameters aside.
pub(super) fn is_media_type(headers: &HeaderMap, wanted: impl Fn(&str) -> bool) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    value
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            let essence = value.split(';').next().unwrap_or_default();
            wanted(&essence.trim().to_ascii_lowercase())
        })
}

/// Rejects a body with a content coding, such as `gzip`, with 415 (RFC 9110, section 15.5.16).
pub(super) fn check_content_coding(headers: &HeaderMap) -> Result<(), Error> {
    let lines = headers.get_all(header::CONTENT_ENCODING).iter();
    let mut codings = lines.flat_map(|line| line.as_bytes().split(|&byte| byte == b','));
    let coding = codings.find(|coding| {
        let coding = coding.trim_ascii();
        !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
    });
    coding.map_or(Ok(()), |coding| {
        let coding = String::from_utf8_lossy(coding.trim_ascii()).into_owned();
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Err(Error::refusal(status, CodedBody { coding }))
    })
}

/// The body has a content coding. The response has `Accept-Encoding`.
#[derive(Debug)]
pub(crate) struct CodedBody {
    coding: String,
}

impl fmt::Display for CodedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let coding = &self.coding;
        write!(
            f,
            "expected a body without a content coding, found `Content-Encoding: {coding:?}`"
        )
    }
}

impl std::error::Error for CodedBody {}

pub(super) fn wrong_media_type(expected: &str) -> Error {
    let error = format!("expected a body with `Content-Type: {expected}`");
    Error::refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, error)
}
