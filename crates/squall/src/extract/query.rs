//! `Query`: the query string of the request's target.

use axum_core::extract::FromRequestParts;
use http::{StatusCode, request::Parts};
use serde::de::DeserializeOwned;

use super::body::at_path;
use crate::Error;

/// The query string, deserialized into `T`; a repeated name can fill a `Vec`. The response is 400
/// if it is not a `T`.
///
/// # Examples
///
/// ```
/// use squall::Query;
///
/// #[derive(serde::Deserialize)]
/// struct Page {
///     #[serde(default)]
///     number: u32,
/// }
///
/// async fn list(Query(page): Query<Page>) -> String {
///     format!("page {}", page.number)
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it is taken apart where it is extracted"
)]
pub struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let query = parts.uri.query().unwrap_or_default();
        let deserializer = serde_html_form::Deserializer::from_bytes(query.as_bytes());
        match serde_path_to_error::deserialize(deserializer) {
            Ok(value) => Ok(Self(value)),
            Err(error) => Err(at_path(StatusCode::BAD_REQUEST, error)),
        }
    }
}
