//! A request in flight: its connection and the server's observer count it until it ends.

use std::sync::Arc;

use http::StatusCode;

use super::stopwatch::Stopwatch;
use crate::state::ConnectionState;

/// A request counts as in flight until this is dropped.
pub(crate) struct InFlight {
    state: Arc<ConnectionState>,
    /// Runs if the request is observed and has no response yet.
    stopwatch: Option<Stopwatch>,
    /// Whether the response waits for the client's flow-control window, over HTTP/2.
    waits_for_window: bool,
}

impl InFlight {
    pub(crate) fn begin(state: &Arc<ConnectionState>) -> Self {
        state.activity.on_request();
        Self {
            state: Arc::clone(state),
            stopwatch: state.server.observer.as_ref().map(|observer| {
                observer.on_request();
                Stopwatch::start()
            }),
            waits_for_window: false,
        }
    }

    /// Returns the state of its connection.
    pub(crate) fn state(&self) -> &Arc<ConnectionState> {
        &self.state
    }

    /// The response waits for something.
    pub(crate) fn on_waiting(&mut self) {
        if let Some(stopwatch) = &mut self.stopwatch {
            stopwatch.make_exact();
        }
    }

    pub(crate) fn on_response(&mut self, status: StatusCode) {
        if let (Some(observer), Some(stopwatch)) =
            (&self.state.server.observer, self.stopwatch.take())
        {
            observer.on_response(status, stopwatch.elapsed());
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
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.set_waits_for_window(false);
        self.state.activity.on_response_end();
        if let Some(observer) = &self.state.server.observer {
            if let Some(stopwatch) = self.stopwatch {
                observer.on_abort(stopwatch.elapsed());
            }
            observer.on_end();
        }
    }
}
