//! A request in flight: its body that was left unread, its observer, and its end.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use http::StatusCode;
use http_body::Body;
use tokio::time::Instant;

use crate::state::ConnectionState;

/// A request counts as in flight until this is dropped.
pub(crate) struct InFlight {
    shared: Arc<ConnectionState>,
    /// When it began, if it is observed and there is no response yet.
    since: Option<Instant>,
}

impl InFlight {
    pub(crate) fn begin(shared: &Arc<ConnectionState>) -> Self {
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

    /// Whether the service has dropped the request's body before its end, and the rest has not
    /// arrived: hyper ends the connection then, which the response has to announce. Reads what has
    /// arrived.
    pub(crate) fn leaves_body_unread(&self) -> bool {
        if !self.has_open_body() {
            return false;
        }
        let Some(mut body) = self.shared.left_body.take() else {
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

    /// Returns the state of its connection.
    pub(crate) fn connection(&self) -> &Arc<ConnectionState> {
        &self.shared
    }

    /// The connection goes on with another protocol.
    pub(crate) fn on_upgrade(&self) {
        self.shared.claims.upgrade();
    }

    /// Whether the connection is to end with it.
    pub(crate) fn is_last(&self) -> bool {
        self.shared.handle.mode_in_force().is_some()
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
