//! `BodyStream`: the body of a request as it arrives.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum_core::{
    body::Body,
    extract::{FromRequest, Request},
};
use bytes::Bytes;
use futures_core::Stream;
use http::StatusCode;
use http_body::Body as _;

use crate::{Error, response::body_fault::request_fault};

/// The body of a request as a stream of chunks, for uploads that do not fit into memory. Trailers are
/// left out, and the body is what the client sent, a content coding included.
///
/// An error is a [refusal](Error::refusal): 413 beyond [`Route::body_limit`](crate::Route::body_limit),
/// 408 for a body that stalls, and 400 for one that is cut short or malformed.
///
/// # Examples
///
/// ```
/// use squall::{BodyStream, put};
///
/// async fn count(mut body: BodyStream) -> squall::Result<String> {
///     let mut length = 0;
///     while let Some(chunk) = body.chunk().await? {
///         length += chunk.len();
///     }
///     Ok(length.to_string())
/// }
///
/// let application = squall::Application::new()
///     .route("/files/{name}", put(count).body_limit(1024 * 1024 * 1024));
/// ```
#[must_use = "a stream does nothing unless it is polled"]
pub struct BodyStream(Body);

impl BodyStream {
    /// Returns the next chunk, or `None` at the end of the body.
    ///
    /// # Errors
    ///
    /// If the body cannot be read.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let chunk = std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await;
        chunk.transpose()
    }
}

impl Stream for BodyStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let frame = match ready!(Pin::new(&mut self.0).poll_frame(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => {
                    let status = request_fault(&error).unwrap_or(StatusCode::BAD_REQUEST);
                    return Poll::Ready(Some(Err(Error::refusal(status, error))));
                }
                Some(Ok(frame)) => frame,
            };
            if let Ok(chunk) = frame.into_data() {
                return Poll::Ready(Some(Ok(chunk)));
            }
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for BodyStream {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        Ok(Self(request.into_body()))
    }
}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyStream").finish_non_exhaustive()
    }
}
