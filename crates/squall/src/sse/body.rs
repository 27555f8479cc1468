//! The body of an event stream: events, comments that keep it alive, and its end at shutdown.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Body, Frame};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep};

use super::Event;

/// A comment, which clients ignore.
const COMMENT: &[u8] = b":\n\n";

/// Ready events that are still sent after the shutdown signal. A stream that always has one would never end otherwise.
const LAST_EVENTS: usize = 16;

pin_project! {
    /// The events of a stream as a body.
    pub(super) struct EventBody<S> {
        #[pin]
        events: S,
        #[pin]
        silence: Sleep,
        keep_alive: Duration,
        shutdown: Pin<Box<dyn Future<Output = ()> + Send>>,
        // The events that may still be sent; `None` before the shutdown signal.
        left: Option<usize>,
        has_ended: bool,
    }
}

impl<S: Stream<Item = Event>> EventBody<S> {
    pub(super) fn new(
        events: S,
        keep_alive: Duration,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        Self {
            events,
            silence: sleep(keep_alive),
            keep_alive,
            shutdown: Box::pin(shutdown),
            left: None,
            has_ended: false,
        }
    }
}

impl<S: Stream<Item = Event>> Body for EventBody<S> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let mut this = self.project();
        if *this.has_ended {
            return Poll::Ready(None);
        }
        if this.left.is_none() && this.shutdown.as_mut().poll(cx).is_ready() {
            *this.left = Some(LAST_EVENTS);
        }
        if *this.left == Some(0) {
            *this.has_ended = true;
            return Poll::Ready(None);
        }
        let frame = match this.events.poll_next(cx) {
            Poll::Ready(Some(event)) => {
                *this.left = this.left.map(|left| left - 1);
                Some(Bytes::from(event.to_string()))
            }
            Poll::Ready(None) => None,
            Poll::Pending if this.left.is_some() => None,
            Poll::Pending => {
                ready!(this.silence.as_mut().poll(cx));
                Some(Bytes::from_static(COMMENT))
            }
        };
        let Some(frame) = frame else {
            *this.has_ended = true;
            return Poll::Ready(None);
        };
        let now = Instant::now();
        // A wait of centuries is one without an end.
        let next = now.checked_add(*this.keep_alive);
        this.silence
            .as_mut()
            .reset(next.unwrap_or(now + Duration::from_secs(86400 * 365)));
        Poll::Ready(Some(Ok(Frame::data(frame))))
    }
}
