//! `Incoming`: a request's body as the service reads it, within the limits.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::Version;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::{
    error::{BodyError, BodyErrorKind},
    state::ConnectionState,
};

/// A request's body as it comes in: hyper's, within the limits of this server.
///
/// It fails with a [`BodyError`] when it is longer than
/// [`max_body_size`](crate::Limits::max_body_size), or stands still for
/// [`body_timeout`](crate::Limits::body_timeout) while it is waited for.
pub struct Incoming {
    /// Taken when this is dropped.
    body: Option<hyper::body::Incoming>,
    /// The state of its connection; `None` once the body has ended.
    state: Option<Arc<ConnectionState>>,
    received: u64,
    /// Made when the body is first waited for: most bodies are there with their head.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Incoming {
    pub(crate) fn new(
        body: hyper::body::Incoming,
        state: &Arc<ConnectionState>,
        version: Version,
    ) -> Self {
        let state = (!body.is_end_stream()).then(|| {
            state.activity.on_body();
            if version < Version::HTTP_2 {
                state.unread_body.keep();
            }
            Arc::clone(state)
        });
        Self {
            body: Some(body),
            state,
            received: 0,
            stalled: None,
        }
    }

    fn on_end(&mut self) {
        if let Some(state) = self.state.take() {
            state.activity.on_body_end();
        }
    }

    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<BodyError> {
        let Some(state) = &self.state else {
            return Poll::Pending;
        };
        let after = state.server.limits.body_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(after)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(BodyErrorKind::Stalled { after }.into())
    }

    /// Counts received bytes.
    ///
    /// # Errors
    ///
    /// If the body exceeds the limit.
    fn receive(&mut self, bytes: usize) -> Result<(), BodyError> {
        self.received += bytes as u64;
        match &self.state {
            Some(state) if self.received > state.server.limits.max_body_size => {
                let limit = state.server.limits.max_body_size;
                Err(BodyErrorKind::TooLarge { limit }.into())
            }
            _ => Ok(()),
        }
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let Poll::Ready(frame) = Pin::new(body).poll_frame(cx) else {
            return self.poll_stalled(cx).map(|error| Some(Err(error)));
        };
        self.stalled = None;
        match frame {
            Some(Ok(frame)) => {
                if let Err(error) = self.receive(frame.data_ref().map_or(0, Bytes::len)) {
                    return Poll::Ready(Some(Err(error)));
                }
                if self.is_end_stream() {
                    self.on_end();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => Poll::Ready(Some(Err(BodyError::broken(error)))),
            None => {
                self.on_end();
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let body = self.body.as_ref();
        body.map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let (Some(state), Some(body)) = (&self.state, self.body.take()) {
            state.activity.on_body_unread();
            state.unread_body.put(body);
        }
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}
