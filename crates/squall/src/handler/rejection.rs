//! Rejections of extractors that are written for axum, as refusals with a reason.

use axum_core::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use http_body::Body as _;
use http_body_util::BodyExt;

use super::endpoint::ResponseFuture;
use crate::{Error, body_limit::BodyLimit};

/// The bytes of a reason.
const MAX_REASON: u64 = 4096;

/// Returns the response to a request that an extractor has rejected. If reading the body has
/// failed, that is the reason. It is boxed, so that the future of a handler, which is rarely
/// rejected, stays small.
pub(super) fn respond(rejection: Response, body: Option<BodyLimit>) -> ResponseFuture {
    Box::pin(async move {
        match body.and_then(|body| body.fault()) {
            Some(error) => error.into_response(),
            None => as_refusal(rejection).await,
        }
    })
}

/// Converts a rejection with a reason to a refusal. axum's extractors, such as `String`, reject
/// with a status and a line of text: this is the reason of a refusal, with its page and its place
/// in the log. Other rejections are not changed.
async fn as_refusal(rejection: Response) -> Response {
    let is_reason = rejection.status().is_client_error()
        && rejection.extensions().get::<Error>().is_none()
        && is_plain_text(rejection.headers())
        && matches!(rejection.body().size_hint().exact(), Some(1..=MAX_REASON));
    if !is_reason {
        return rejection;
    }
    let (mut head, body) = rejection.into_parts();
    let text = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes);
    let reason = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
    let mut response = Error::refusal(head.status, reason).into_response();
    head.headers.remove(header::CONTENT_TYPE);
    head.headers.remove(header::CONTENT_LENGTH);
    response.headers_mut().extend(head.headers);
    response
}

fn is_plain_text(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    value.is_some_and(|value| value.as_bytes().starts_with(b"text/plain"))
}
