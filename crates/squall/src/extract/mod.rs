//! What handlers read from a request. All of axum's own traits: write yours against `axum-core`.

mod client;
mod cookies;
mod current_user;
mod extension;
mod form;
mod json;
mod locale;
mod params;
mod path;
mod query;
mod state;
mod xsrf;

pub(crate) use self::client::connection;
pub use self::{
    client::Client, cookies::Cookies, current_user::CurrentUser, extension::Extension, form::Form,
    json::Json, locale::Locale, path::Path, query::Query, state::State, xsrf::Xsrf,
};

use axum_core::extract::{FromRequest, Request};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use squall_server::BodyError;

use crate::Error;

/// The whole body. What cannot be read is answered with the status that says why.
async fn read_body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Error> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| {
            let status =
                body_error(&rejection).map_or_else(|| rejection.status(), BodyError::status);
            Error::refusal(status, rejection)
        })
}

fn body_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a BodyError> {
    std::iter::successors(Some(error), |error| error.source())
        .find_map(|error| error.downcast_ref())
}

/// Whether the body says that it is of this media type (RFC 9110, 8.3.1), parameters aside.
fn is_media_type(headers: &HeaderMap, wanted: impl Fn(&str) -> bool) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    value
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            let essence = value.split(';').next().unwrap_or_default();
            wanted(&essence.trim().to_ascii_lowercase())
        })
}

fn wrong_media_type(expected: &str) -> Error {
    let error = format!("expected a body with `Content-Type: {expected}`");
    Error::refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, error)
}
