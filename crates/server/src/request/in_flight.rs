//! A request in flight: its body that was left unread, its observer, and its end.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use http::StatusCode;
use http_body::Body;
use tokio::time::Instant;

use crate::{coarse_clock::CoarseInstant, state::ConnectionState};

/// A request counts as in flight until this is dropped.
pub(crate) struct InFlight {
    state: Arc<ConnectionState>,
    /// When it began, if it is observed and there is no response yet.
    begun: Option<Begun>,
    /// Whether the response waits for the client's flow-control window, over HTTP/2.
    waits_for_window: bool,
}

/// When a request began. Most responses wait for nothing: the coarse clock is enough for them.
#[derive(Clone, Copy)]
enum Begun {
    Coarse(CoarseInstant),
    /// The response has waited.
    Exact(Instant),
}

impl Begun {
    fn elapsed(self) -> Duration {
        match self {
            Self::Coarse(instant) => CoarseInstant::now() - instant,
            Self::Exact(instant) => instant.elapsed(),
        }
    }
}

impl InFlight {
    pub(crate) fn begin(state: &Arc<ConnectionState>) -> Self {
        state.activity.on_request();
        Self {
            state: Arc::clone(state),
            begun: state.server.observer.as_ref().map(|observer| {
                observer.on_request();
                Begun::Coarse(CoarseInstant::now())
            }),
            waits_for_window: false,
        }
    }

    /// Sets whether the response waits for the client's window, and not for the service.
    pub(crate) fn set_waits_for_window(&mut self, waits: bool) {
        match (self.waits_for_window, waits) {
            (false, true) => self.waits_for_window = self.state.activity.begin_window_wait(),
            (true, false) => {
                self.waits_for_window = false;
                self.state.activity.end_window_wait();
            }
            _ => {}
        }
    }

    /// The response waits for something.
    pub(crate) fn on_waiting(&mut self) {
        if let Some(begun @ Begun::Coarse(_)) = self.begun {
            let now = Instant::now();
            let before = now.checked_sub(begun.elapsed());
            self.begun = Some(Begun::Exact(before.unwrap_or(now)));
        }
    }

    pub(crate) fn on_response(&mut self, status: StatusCode) {
        if let (Some(observer), Some(begun)) = (&self.state.server.observer, self.begun.take()) {
            observer.on_response(status, begun.elapsed());
        }
    }

    /// Whether the request's body has not come to its end.
    pub(crate) fn has_open_body(&self) -> bool {
        self.state.activity.has_open_body()
    }

    /// Whether the service has dropped the request's body before its end, and the rest has not
    /// arrived: hyper ends the connection then, which the response has to announce. Reads what has
    /// arrived.
    pub(crate) fn leaves_body_unread(&self) -> bool {
        if !self.has_open_body() {
            return false;
        }
        let Some(mut body) = self.state.unread_body.take() else {
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
        self.state.activity.on_body_discarded();
        false
    }

    /// Returns the state of its connection.
    pub(crate) fn state(&self) -> &Arc<ConnectionState> {
        &self.state
    }

    /// The connection goes on with another protocol.
    pub(crate) fn on_upgrade(&self) {
        self.state.claims.upgrade();
    }

    /// Whether the connection is to end with it.
    pub(crate) fn is_last(&self) -> bool {
        self.state.handle.mode_in_force().is_some()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.set_waits_for_window(false);
        self.state.activity.on_response_end();
        if let Some(observer) = &self.state.server.observer {
            if let Some(begun) = self.begun {
                observer.on_abort(begun.elapsed());
            }
            observer.on_end();
        }
    }
}
