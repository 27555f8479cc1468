//! `Form`: the body of POST, or the query of GET.

use axum_core::extract::{FromRequest, FromRequestParts, Request};
use http::{Method, StatusCode};
use serde::de::DeserializeOwned;

use super::{
    Query,
    body::{at_path, read_body},
    media_type::{check_content_coding, is_media_type, wrong_media_type},
};
use crate::{Error, debug::RequestMetadata};

/// A submitted form, deserialized into `T`: the query of GET and HEAD, the body of other methods.
///
/// The response is 415 to a body that is not `application/x-www-form-urlencoded`, 422 to one that
/// is not a `T`, and 400 to a query that is not.
///
/// # Examples
///
/// ```
/// use squall::Form;
///
/// #[derive(serde::Deserialize)]
/// struct Comment {
///     text: String,
/// }
///
/// async fn comment(Form(comment): Form<Comment>) -> String {
///     comment.text
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it is taken apart where it is extracted"
)]
pub struct Form<T>(pub T);

const URL_ENCODED: &str = "application/x-www-form-urlencoded";

impl<T, S> FromRequest<S> for Form<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            let (mut parts, _) = request.into_parts();
            let Query(value) = Query::from_request_parts(&mut parts, state).await?;
            return Ok(Self(value));
        }
        if !is_media_type(request.headers(), |name| name.is(URL_ENCODED)) {
            return Err(wrong_media_type(URL_ENCODED));
        }
        check_content_coding(request.headers())?;
        let metadata = request.extensions().get::<RequestMetadata>().cloned();
        let body = read_body(request, state).await?;
        if let Some(metadata) = metadata {
            record_fields(&metadata, &body);
        }
        let deserializer = serde_html_form::Deserializer::from_bytes(&body);
        match serde_path_to_error::deserialize(deserializer) {
            Ok(value) => Ok(Self(value)),
            Err(error) => Err(at_path(StatusCode::UNPROCESSABLE_ENTITY, error)),
        }
    }
}

/// Records the form's fields for the debug page.
fn record_fields(metadata: &RequestMetadata, body: &[u8]) {
    let fields: Vec<(String, String)> = serde_html_form::from_bytes(body).unwrap_or_default();
    for (name, value) in fields {
        metadata.add_form_field(name, value);
    }
}
