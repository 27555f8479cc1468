//! The bodies: a request's as the service reads it, and a response's as we send it.

use std::{
    fmt, mem,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use bytes::{Buf, Bytes};
use http::{StatusCode, Version};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep};

use crate::{
    error::{BodyError, BodyErrorKind},
    service::Shared,
};

/// The size of a response chunk from which copying takes longer than a write of its own.
const LARGE: usize = 4096;

/// A request's body as it comes in: hyper's, within the limits of this server.
///
/// It fails with a [`BodyError`] when it is longer than
/// [`max_body_size`](crate::Limits::max_body_size), or stands still for
/// [`body_timeout`](crate::Limits::body_timeout) while it is waited for.
pub struct Incoming {
    /// Taken when this is dropped.
    body: Option<hyper::body::Incoming>,
    /// Its connection; `None` once the body has ended.
    connection: Option<Arc<Shared>>,
    received: u64,
    /// Made when the body is first waited for: most bodies are there with their head.
    stalled: Option<Pin<Box<Sleep>>>,
}

/// A request's body that the service dropped before its end and before there was a response.
///
/// It is kept until the response is there. Only then is it certain whether the rest of the body has
/// arrived, so that the connection can go on, or whether the response has to announce its end.
#[derive(Debug, Default)]
pub(crate) struct LeftBody(Mutex<Left>);

#[derive(Debug, Default)]
enum Left {
    #[default]
    Unwanted,
    Wanted,
    Body(hyper::body::Incoming),
}

impl LeftBody {
    fn replace(&self, left: Left) -> Left {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mem::replace(&mut current, left)
    }

    /// Keeps a body if there is no response yet.
    fn leave(&self, body: hyper::body::Incoming) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*left, Left::Wanted) {
            *left = Left::Body(body);
        }
    }
}

impl Incoming {
    pub(crate) fn new(body: hyper::body::Incoming, shared: &Arc<Shared>, version: Version) -> Self {
        let connection = (!body.is_end_stream()).then(|| {
            shared.activity.on_body();
            if version < Version::HTTP_2 {
                shared.left_body.replace(Left::Wanted);
            }
            Arc::clone(shared)
        });
        Self {
            body: Some(body),
            connection,
            received: 0,
            stalled: None,
        }
    }

    fn on_end(&mut self) {
        if let Some(shared) = self.connection.take() {
            shared.activity.on_body_end();
        }
    }

    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<BodyError> {
        let Some(shared) = &self.connection else {
            return Poll::Pending;
        };
        let after = shared.protocols.limits.body_timeout;
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
        match &self.connection {
            Some(shared) if self.received > shared.protocols.limits.max_body_size => {
                let limit = shared.protocols.limits.max_body_size;
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
            Some(Err(error)) => Poll::Ready(Some(Err(BodyErrorKind::Broken(error).into()))),
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
        if let (Some(shared), Some(body)) = (&self.connection, self.body.take()) {
            shared.activity.on_body_unread();
            shared.left_body.leave(body);
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

/// A request counts as in flight until this is dropped.
pub(crate) struct InFlight {
    shared: Arc<Shared>,
    /// When it began, if it is observed and there is no response yet.
    since: Option<Instant>,
}

impl InFlight {
    pub(crate) fn begin(shared: &Arc<Shared>) -> Self {
        shared.activity.on_request();
        Self {
            shared: Arc::clone(shared),
            since: shared.protocols.observer.as_ref().map(|observer| {
                observer.on_request();
                Instant::now()
            }),
        }
    }

    pub(crate) fn on_response(&mut self, status: StatusCode) {
        if let (Some(observer), Some(since)) = (&self.shared.protocols.observer, self.since.take())
        {
            observer.on_response(status, since.elapsed());
        }
    }

    /// Whether the request's body has not come to its end.
    pub(crate) fn has_open_body(&self) -> bool {
        self.shared.activity.has_open_body()
    }

    /// Whether the service has dropped the request's body before its end, and the rest has not arrived:
    /// hyper ends the connection then, which the response has to announce. Reads what has arrived.
    pub(crate) fn leaves_body_unread(&self) -> bool {
        if !self.has_open_body() {
            return false;
        }
        let Left::Body(mut body) = self.shared.left_body.replace(Left::Unwanted) else {
            return false;
        };
        // hyper has read what came with the head before it polled the service. It must not read more now.
        let mut cx = Context::from_waker(Waker::noop());
        while !body.is_end_stream() {
            match Pin::new(&mut body).poll_frame(&mut cx) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(None) => break,
                Poll::Ready(Some(Err(_))) | Poll::Pending => return true,
            }
        }
        self.shared.activity.on_body_discarded();
        false
    }

    /// The connection goes on with another protocol.
    pub(crate) fn on_upgrade(&self) {
        self.shared.claims.upgrade();
    }

    /// Whether the connection is to end with it.
    pub(crate) fn is_last(&self) -> bool {
        self.shared.handle.order_in_force().is_some()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.shared.activity.on_response_end();
        if let Some(observer) = &self.shared.protocols.observer {
            if let Some(since) = self.since {
                observer.on_abort(since.elapsed());
            }
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

/// A chunk of a response's body. Over HTTP/2 it may wait for flow control long after the service is done.
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
    /// A response's body: the service's own, or none if the server makes the response itself.
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
        // hyper polls again once the client has taken the last chunk.
        *this.untaken = None;
        let frame = ready!(body.poll_frame(cx));
        *this.untaken = Untaken::of(this.in_flight);
        let piece = |bytes: Bytes| {
            if bytes.len() >= LARGE {
                this.in_flight.shared.protocols.on_large_piece();
            }
            Piece {
                bytes,
                untaken: Untaken::of(this.in_flight),
            }
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
