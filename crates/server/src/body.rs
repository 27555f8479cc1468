//! The bodies: a request's as the service reads it, and a response's as we send it.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes};
use http::StatusCode;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::{
    Limits,
    error::{BodyError, BodyErrorKind},
    service::Shared,
};

/// A request's body as it comes in: hyper's, within the limits of this server.
///
/// It fails with a [`BodyError`] when it is longer than
/// [`max_body_size`](Limits::max_body_size), or stands still for
/// [`body_timeout`](Limits::body_timeout) while it is waited for.
pub struct Incoming {
    body: hyper::body::Incoming,
    /// Hears of it when the body is dropped before its end; `None` from there on.
    unread: Option<Arc<Shared>>,
    limit: u64,
    received: u64,
    timeout: Duration,
    /// Made when the body is first waited for: most bodies are there with their head.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Incoming {
    pub(crate) fn new(body: hyper::body::Incoming, shared: &Arc<Shared>, limits: &Limits) -> Self {
        Self {
            unread: (!body.is_end_stream()).then(|| Arc::clone(shared)),
            body,
            limit: limits.max_body_size,
            received: 0,
            timeout: limits.body_timeout,
            stalled: None,
        }
    }

    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<BodyError> {
        let timeout = self.timeout;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + timeout)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(BodyErrorKind::Stalled { after: timeout }.into())
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            return self.poll_stalled(cx).map(|error| Some(Err(error)));
        };
        self.stalled = None;
        match frame {
            Some(Ok(frame)) => {
                self.received += frame.data_ref().map_or(0, |data| data.len() as u64);
                if self.received > self.limit {
                    let limit = self.limit;
                    return Poll::Ready(Some(Err(BodyErrorKind::TooLarge { limit }.into())));
                }
                if self.body.is_end_stream() {
                    self.unread = None;
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => Poll::Ready(Some(Err(BodyErrorKind::Broken(error).into()))),
            None => {
                self.unread = None;
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Some(shared) = &self.unread {
            shared.activity.on_body_unread();
        }
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("received", &self.received)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// A request counts as under way until this is dropped.
pub(crate) struct InFlight {
    shared: Arc<Shared>,
    /// When it began, if anybody observes it.
    since: Option<Instant>,
}

impl InFlight {
    pub(crate) fn begin(shared: &Arc<Shared>) -> Self {
        shared.activity.on_request();
        Self {
            shared: Arc::clone(shared),
            since: shared.observer.as_ref().map(|observer| {
                observer.on_request();
                Instant::now()
            }),
        }
    }

    pub(crate) fn on_response(&self, status: StatusCode) {
        if let (Some(observer), Some(since)) = (&self.shared.observer, self.since) {
            observer.on_response(status, since.elapsed());
        }
    }

    /// Whether the connection is to end with it.
    pub(crate) fn is_last(&self) -> bool {
        self.shared.handle.order_in_force().is_some()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.shared.activity.on_response_end();
        if let Some(observer) = &self.shared.observer {
            observer.on_end();
        }
    }
}

/// Over HTTP/2, the client has to take something before we can go on: its window may be shut.
#[derive(Debug)]
struct Untaken(Arc<Shared>);

impl Untaken {
    fn of(in_flight: &InFlight) -> Option<Self> {
        let shared = &in_flight.shared;
        let counts = shared.activity.on_untaken();
        counts.then(|| Self(Arc::clone(shared)))
    }
}

impl Drop for Untaken {
    fn drop(&mut self) {
        self.0.activity.on_taken();
    }
}

/// A piece of a response's body. Over HTTP/2 it may have to wait long after the service is done.
#[derive(Debug)]
pub(crate) struct Piece {
    bytes: Bytes,
    untaken: Option<Untaken>,
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        if let Some(Untaken(shared)) = &self.untaken {
            shared.activity.on_taking(count);
        }
    }
}

pin_project! {
    /// A response's body: the service's own, or nothing where we answer in its stead.
    pub(crate) struct Outgoing<B> {
        #[pin]
        body: Option<B>,
        in_flight: InFlight,
        // None while it is the service that we wait for.
        untaken: Option<Untaken>,
    }
}

impl<B> Outgoing<B> {
    pub(crate) fn new(body: Option<B>, in_flight: InFlight) -> Self {
        Self {
            body,
            untaken: Untaken::of(&in_flight),
            in_flight,
        }
    }
}

impl<B: Body<Data = Bytes>> Body for Outgoing<B> {
    type Data = Piece;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, B::Error>>> {
        let this = self.project();
        let Some(body) = this.body.as_pin_mut() else {
            return Poll::Ready(None);
        };
        // Polled: so the client took what there was.
        *this.untaken = None;
        let frame = ready!(body.poll_frame(cx));
        *this.untaken = Untaken::of(this.in_flight);
        let piece = |bytes| Piece {
            bytes,
            untaken: Untaken::of(this.in_flight),
        };
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(B::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or(SizeHint::with_exact(0), B::size_hint)
    }
}
