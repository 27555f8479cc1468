//! The limit of a request's body, which its route may change after the body is boxed, and the fault
//! that reading the body met.

use std::{
    error::Error as StdError,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use axum_core::{
    body::Body,
    extract::{DefaultBodyLimit, Request},
};
use bytes::Bytes;
use http::StatusCode;
use http_body::{Frame, SizeHint};
use pin_project_lite::pin_project;
use squall_server::BoxError;

use crate::{
    Error,
    response::body_fault::{BodyTooLarge, request_fault},
};

/// In the extensions of a request with a body.
#[derive(Clone)]
pub(crate) struct BodyLimit(Arc<LimitState>);

struct LimitState {
    /// In bytes.
    limit: AtomicU64,
    /// The first error of reading the body.
    fault: OnceLock<(StatusCode, String)>,
}

impl BodyLimit {
    pub(crate) fn of<B>(request: &http::Request<B>) -> Option<Self> {
        request.extensions().get().cloned()
    }

    /// Returns the error of reading the body as a refusal. An extractor that is written for axum
    /// rejects such a request, but does not know the status that fits.
    pub(crate) fn fault(&self) -> Option<Error> {
        let (status, reason) = self.0.fault.get()?;
        Some(Error::refusal(*status, reason.clone()))
    }

    fn limit(&self) -> u64 {
        self.0.limit.load(Relaxed)
    }

    fn record(&self, error: &(dyn StdError + 'static)) {
        if let Some(status) = request_fault(error) {
            self.0.fault.get_or_init(|| (status, error.to_string()));
        }
    }
}

pin_project! {
    /// A body that fails after its limit.
    struct LimitedBody<B> {
        #[pin]
        body: B,
        limit: BodyLimit,
        received: u64,
    }
}

/// Returns the request with axum's body type, which fails after `limit` bytes.
pub(crate) fn with_limit<B>(mut request: http::Request<B>, limit: u64) -> Request
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    if request.body().is_end_stream() {
        // Most requests have no body, and an empty one needs no allocation.
        return request.map(|_| Body::empty());
    }
    if request.extensions().get::<BodyLimit>().is_some() {
        // An outer application limits it.
        return request.map(Body::new);
    }
    // axum's own limit of 2 MB would apply as well.
    DefaultBodyLimit::disable().apply(&mut request);
    let limit = BodyLimit(Arc::new(LimitState {
        limit: AtomicU64::new(limit),
        fault: OnceLock::new(),
    }));
    request.extensions_mut().insert(limit.clone());
    request.map(|body| {
        Body::new(LimitedBody {
            body,
            limit,
            received: 0,
        })
    })
}

/// Changes the limit of a request that has one.
pub(crate) fn set_limit(request: &mut Request, limit: u64) {
    if let Some(current) = request.extensions().get::<BodyLimit>() {
        current.0.limit.store(limit, Relaxed);
    }
}

/// Returns the error of a request whose `Content-Length` exceeds the limit.
pub(crate) fn check_length(request: &Request) -> Result<(), BodyTooLarge> {
    let length = http_body::Body::size_hint(request.body()).lower();
    if length == 0 {
        return Ok(());
    }
    let limit = request.extensions().get::<BodyLimit>();
    match limit.map(BodyLimit::limit) {
        Some(limit) if length > limit => Err(BodyTooLarge { limit }),
        _ => Ok(()),
    }
}

impl<B> http_body::Body for LimitedBody<B>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        let frame = match ready!(this.body.poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => {
                let error = error.into();
                this.limit.record(&*error);
                return Poll::Ready(Some(Err(error)));
            }
            None => return Poll::Ready(None),
        };
        *this.received += frame.data_ref().map_or(0, Bytes::len) as u64;
        let limit = this.limit.limit();
        if *this.received > limit {
            let error = BodyTooLarge { limit };
            this.limit.record(&error);
            return Poll::Ready(Some(Err(error.into())));
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
