//! `Sse`: the extractor that makes event streams.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum_core::{
    body::Body,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use futures_core::Stream;
use http::{HeaderName, HeaderValue, header, request::Parts};
use pin_project_lite::pin_project;
use squall_server::ConnectionInfo;
use tokio::sync::mpsc;

use super::{Event, body::EventBody};
use crate::{Error, Result};

/// Proxies close connections that are silent for a minute (nginx's `proxy_read_timeout`), some after
/// half of that.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The window of a shutdown in which the streams of a process end, so that not all of its clients
/// reconnect at once.
const WINDOW: Duration = Duration::from_secs(2);

/// Responds with server-sent events (`text/event-stream`).
///
/// Comments keep the connection alive while there are no events. When the server's graceful shutdown
/// begins, the stream ends within two seconds, and the client reconnects to another worker by itself;
/// with [ids](Event::id) it misses no event. nginx does not buffer the response
/// (`X-Accel-Buffering: no`).
///
/// # Examples
///
/// ```
/// use squall::{Event, Sse, Response};
///
/// async fn clock(sse: Sse) -> Response {
///     sse.run(async |events| {
///         let mut seconds = tokio::time::interval(std::time::Duration::from_secs(1));
///         let mut number = 0;
///         loop {
///             seconds.tick().await;
///             number += 1;
///             events.send(Event::new().data(number.to_string())).await?;
///         }
///     })
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Sse {
    connection: Option<ConnectionInfo>,
    last_event_id: Option<String>,
    keep_alive: Duration,
}

/// Sends the events of [`Sse::run`].
#[derive(Clone)]
pub struct Events(mpsc::Sender<Event>);

impl Sse {
    /// Returns the id of the last event that a client received before it reconnected
    /// (`Last-Event-ID`); `None` at its first connection.
    #[must_use]
    pub fn last_event_id(&self) -> Option<&str> {
        self.last_event_id.as_deref()
    }

    /// Sets how long a stream may be silent before a comment is sent.
    ///
    /// Default: 15 seconds.
    #[must_use]
    pub fn keep_alive(mut self, silence: Duration) -> Self {
        self.keep_alive = silence;
        self
    }

    /// Responds with the events of a stream.
    pub fn stream(self, events: impl Stream<Item = Event> + Send + 'static) -> Response {
        let connection = self.connection;
        let shutdown = async move {
            match connection {
                Some(connection) => connection.shutdown_signal().received_within(WINDOW).await,
                None => std::future::pending().await,
            }
        };
        let body = EventBody::new(events, self.keep_alive, shutdown);
        let text = HeaderValue::from_static;
        let headers = [
            (header::CONTENT_TYPE, text("text/event-stream")),
            (header::CACHE_CONTROL, text("no-cache")),
            (HeaderName::from_static("x-accel-buffering"), text("no")),
        ];
        (headers, Body::new(body)).into_response()
    }

    /// Responds with the events that a function sends. The function is dropped when the client
    /// disconnects and at shutdown; its error is logged, and ends the stream.
    pub fn run<F, Fut>(self, send: F) -> Response
    where
        F: FnOnce(Events) -> Fut,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        // One event waits for a slow client; the function waits after it.
        let (events, receiver) = mpsc::channel(1);
        self.stream(RunningEvents {
            sender: Some(send(Events(events))),
            receiver,
        })
    }
}

impl Events {
    /// Sends an event; waits while the client is slow.
    ///
    /// # Errors
    ///
    /// If the response has ended.
    pub async fn send(&self, event: Event) -> Result<()> {
        let sent = self.0.send(event).await;
        sent.map_err(|_| Error::new("the event stream has ended"))
    }
}

pin_project! {
    /// The events of a function, which is polled in place.
    struct RunningEvents<F> {
        #[pin]
        sender: Option<F>,
        receiver: mpsc::Receiver<Event>,
    }
}

impl<F: Future<Output = Result<()>>> Stream for RunningEvents<F> {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let mut this = self.project();
        if let Some(sender) = this.sender.as_mut().as_pin_mut()
            && let Poll::Ready(result) = sender.poll(cx)
        {
            if let Err(error) = result {
                let cause = format!("{error:?}");
                tracing::error!(error = ?cause, "an event stream failed");
            }
            // Drops the channel's sender, so that it ends after the events that were sent.
            this.sender.set(None);
        }
        this.receiver.poll_recv(cx)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Sse {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let last = parts.headers.get("last-event-id");
        let last = last.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
        Ok(Self {
            connection: parts.extensions.get().cloned(),
            last_event_id: last.filter(|id| !id.is_empty()),
            keep_alive: KEEP_ALIVE,
        })
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}
