//! `Json`: JSON as an extractor and as a response.

use axum_core::{
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use squall_fields::MediaType;

use super::{
    body::{at_path, read_body},
    media_type::{check_content_coding, is_media_type, wrong_media_type},
};
use crate::Error;

/// A JSON body, as an extractor and as a response.
///
/// As an extractor, it rejects a body that is not `application/json` (or `…+json`) with 415, one
/// that is not JSON with 400, and one that is not a `T` with 422.
///
/// # Examples
///
/// ```
/// use squall::Json;
///
/// #[derive(serde::Deserialize, serde::Serialize)]
/// struct Point { x: i32, y: i32 }
///
/// async fn mirror(Json(point): Json<Point>) -> Json<Point> {
///     Json(Point { x: point.y, y: point.x })
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it is taken apart where it is extracted"
)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> Json<T> {
    /// Reads JSON that is not a body, such as a message of a WebSocket.
    ///
    /// # Errors
    ///
    /// As for a body: a [refusal](Error::refusal) with 400 for text that is not JSON, and with 422 and the
    /// field for a value that is not a `T`.
    pub fn from_bytes(json: &[u8]) -> Result<Self, Error> {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let read = serde_path_to_error::deserialize(&mut deserializer);
        let value = read.map_err(|error| {
            let status = match error.inner().classify() {
                serde_json::error::Category::Data => StatusCode::UNPROCESSABLE_ENTITY,
                _ => StatusCode::BAD_REQUEST,
            };
            at_path(status, error)
        })?;
        match deserializer.end() {
            Ok(()) => Ok(Self(value)),
            Err(error) => Err(Error::refusal(StatusCode::BAD_REQUEST, error)),
        }
    }
}

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let is_json = |name: MediaType<'_>| name.is("application/json") || name.has_suffix("json");
        if !is_media_type(request.headers(), is_json) {
            return Err(wrong_media_type("application/json"));
        }
        check_content_coding(request.headers())?;
        Self::from_bytes(&read_body(request, state).await?)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                let json = HeaderValue::from_static("application/json");
                ([(header::CONTENT_TYPE, json)], body).into_response()
            }
            Err(error) => Error::new(error).into_response(),
        }
    }
}
