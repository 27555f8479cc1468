//! Stages of a connection and the time that each may take: pure, without a clock.

use std::{
    io,
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    task::Poll,
    time::Duration,
};

use crate::Limits;

/// How long a connection lingers at most. nginx's `lingering_timeout` is 5 seconds; ours bounds the
/// whole wait, so it can be shorter.
const LINGER: Duration = Duration::from_secs(2);

/// State that the parts of one connection record.
///
/// One task drives an HTTP/1.1 connection, so nothing here orders other memory: all is `Relaxed`.
/// Counters that only that task changes, in HTTP/2 too, are loaded and stored, which is cheaper
/// than an atomic addition.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    requests: AtomicU64,
    /// Responses that have ended, sent or not.
    responses: AtomicU64,

    received: AtomicBool,
    /// Bytes came that no request has claimed yet.
    unclaimed: AtomicBool,
    /// A request's body has not come to its end.
    open_body: AtomicBool,
    /// A request's body was dropped before its end.
    unread_body: AtomicBool,

    sent: AtomicU64,
    /// A write found the socket's buffer full.
    blocked: AtomicBool,
    /// The response is written and the client is to close.
    lingering: AtomicBool,

    /// The connection begins with the preface of HTTP/2.
    preface: AtomicBool,
    /// HTTP/2: bytes between requests belong to no request.
    multiplexed: AtomicBool,
    /// HTTP/2: responses and chunks that wait for the client's flow-control window.
    window_waits: AtomicUsize,
    /// HTTP/2: how many bytes of responses the window has let pass.
    window_passed: AtomicU64,
}

/// The stage of a connection. Its deadline starts again whenever the stage changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// A head is awaited, in part here or (on a new connection) not at all.
    Head,
    /// A request is being handled. A handler has no deadline here.
    Busy,
    /// The client takes no more of the response.
    Blocked { sent: u64 },
    /// Between requests.
    Idle { requests: u64 },
    /// Written to the end; the client has to close its side.
    Lingering,
}

impl Activity {
    pub(crate) fn on_received(&self) {
        self.received.store(true, Relaxed);
        self.unclaimed
            .store(!self.multiplexed.load(Relaxed), Relaxed);
    }

    pub(crate) fn on_preface(&self) {
        self.preface.store(true, Relaxed);
    }

    pub(crate) fn has_preface(&self) -> bool {
        self.preface.load(Relaxed)
    }

    pub(crate) fn on_multiplexed(&self) {
        self.multiplexed.store(true, Relaxed);
        self.unclaimed.store(false, Relaxed);
    }

    /// Records the outcome of a write to the socket.
    pub(crate) fn on_write(&self, result: &Poll<io::Result<usize>>) {
        match result {
            Poll::Ready(Ok(sent)) => self.on_sent(*sent),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.on_blocked(),
        }
    }

    fn on_sent(&self, bytes: usize) {
        let sent = self.sent.load(Relaxed) + bytes as u64;
        self.sent.store(sent, Relaxed);
        self.blocked.store(false, Relaxed);
    }

    fn on_blocked(&self) {
        self.blocked.store(true, Relaxed);
    }

    /// A request's body begins.
    pub(crate) fn on_body(&self) {
        self.open_body.store(true, Relaxed);
    }

    pub(crate) fn on_body_end(&self) {
        self.open_body.store(false, Relaxed);
    }

    pub(crate) fn on_body_unread(&self) {
        self.unread_body.store(true, Relaxed);
    }

    pub(crate) fn has_open_body(&self) -> bool {
        self.open_body.load(Relaxed)
    }

    /// The rest of a request's body was discarded, up to its end.
    pub(crate) fn on_body_discarded(&self) {
        self.unread_body.store(false, Relaxed);
        self.open_body.store(false, Relaxed);
    }

    pub(crate) fn on_lingering(&self) {
        self.lingering.store(true, Relaxed);
    }

    /// A response or a chunk begins to wait for the client's window. Returns whether this is
    /// counted: over HTTP/1.1 a full socket buffer shows the same.
    pub(crate) fn begin_window_wait(&self) -> bool {
        let counts = self.multiplexed.load(Relaxed);
        if counts {
            self.window_waits.fetch_add(1, Relaxed);
        }
        counts
    }

    pub(crate) fn on_window_passed(&self, bytes: usize) {
        self.window_passed.fetch_add(bytes as u64, Relaxed);
    }

    /// A wait that was counted is over.
    pub(crate) fn end_window_wait(&self) {
        self.window_waits.fetch_sub(1, Relaxed);
    }

    pub(crate) fn on_request(&self) {
        let requests = self.requests.load(Relaxed) + 1;
        self.requests.store(requests, Relaxed);
        self.unclaimed.store(false, Relaxed);
        self.open_body.store(false, Relaxed);
    }

    /// The response's last byte is written, or it will never be.
    pub(crate) fn on_response_end(&self) {
        if self.multiplexed.load(Relaxed) {
            // Tasks of several streams end responses.
            self.responses.fetch_add(1, Relaxed);
        } else {
            let responses = self.responses.load(Relaxed) + 1;
            self.responses.store(responses, Relaxed);
        }
        self.unclaimed.store(false, Relaxed);
    }

    pub(crate) fn has_received(&self) -> bool {
        self.received.load(Relaxed)
    }

    pub(crate) fn has_request(&self) -> bool {
        self.requests.load(Relaxed) > 0
    }

    /// Over HTTP/1.1, the number of the request that is whole and has no response yet, if there is
    /// one.
    pub(crate) fn pending_request(&self) -> Option<u64> {
        let requests = self.requests.load(Relaxed);
        let is_whole = !self.open_body.load(Relaxed);
        (is_whole && requests > self.responses.load(Relaxed)).then_some(requests)
    }

    /// Whether the client may still be sending bytes that will not be read. Closing the socket with
    /// unread bytes in its buffer would reset the connection and discard the last response.
    pub(crate) fn has_unread_input(&self) -> bool {
        self.unread_body.load(Relaxed) || self.unclaimed.load(Relaxed)
    }

    pub(crate) fn stage(&self) -> Stage {
        let requests = self.requests.load(Relaxed);
        let in_flight = requests > self.responses.load(Relaxed);
        // A request that crosses GOAWAY on its way is handled (RFC 9113, 6.8).
        let is_handled = in_flight && self.multiplexed.load(Relaxed);
        if self.window_waits.load(Relaxed) > 0 {
            Stage::Blocked {
                sent: self.window_passed.load(Relaxed),
            }
        } else if self.lingering.load(Relaxed) && !is_handled {
            Stage::Lingering
        } else if self.blocked.load(Relaxed) {
            Stage::Blocked {
                sent: self.sent.load(Relaxed),
            }
        } else if in_flight {
            Stage::Busy
        } else if requests == 0 || self.unclaimed.load(Relaxed) {
            Stage::Head
        } else {
            Stage::Idle { requests }
        }
    }
}

impl Stage {
    /// How long the stage may last. While draining, connections without a request get `idle_grace`.
    pub(crate) fn time_allowed(self, limits: &Limits, draining: bool) -> Option<Duration> {
        match self {
            Self::Busy => None,
            Self::Blocked { .. } => Some(limits.body_timeout),
            Self::Lingering => Some(limits.body_timeout.min(LINGER)),
            Self::Head if draining => Some(limits.head_timeout.min(limits.idle_grace)),
            Self::Head => Some(limits.head_timeout),
            Self::Idle { .. } if draining => Some(limits.idle_grace),
            Self::Idle { .. } => Some(limits.keep_alive_timeout),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Activity, Stage};

    #[test]
    fn a_keep_alive_connection_from_first_to_last_byte() {
        let activity = Activity::default();
        assert_eq!(activity.stage(), Stage::Head);
        activity.on_received();
        assert_eq!(activity.stage(), Stage::Head);
        activity.on_request();
        assert_eq!(activity.stage(), Stage::Busy);
        activity.on_blocked();
        assert_eq!(activity.stage(), Stage::Blocked { sent: 0 });
        activity.on_response_end();
        assert_eq!(activity.stage(), Stage::Blocked { sent: 0 });
        activity.on_sent(7);
        assert_eq!(activity.stage(), Stage::Idle { requests: 1 });
        activity.on_received();
        assert_eq!(
            activity.stage(),
            Stage::Head,
            "a dribbled head is not idleness"
        );
        activity.on_received();
        assert_eq!(
            activity.stage(),
            Stage::Head,
            "nor does each byte start its time anew"
        );
        activity.on_lingering();
        assert_eq!(activity.stage(), Stage::Lingering);
    }

    #[test]
    fn bytes_of_a_body_do_not_count_as_the_next_head() {
        let activity = Activity::default();
        activity.on_request();
        activity.on_received();
        activity.on_response_end();
        assert_eq!(activity.stage(), Stage::Idle { requests: 1 });
    }

    #[test]
    fn over_http2_a_response_is_under_way_until_it_is_taken() {
        let activity = Activity::default();
        activity.on_multiplexed();
        activity.on_request();
        assert!(activity.begin_window_wait());
        activity.on_response_end();
        assert_eq!(activity.stage(), Stage::Blocked { sent: 0 });
        activity.on_window_passed(5);
        assert_eq!(activity.stage(), Stage::Blocked { sent: 5 });
        activity.end_window_wait();
        assert_eq!(activity.stage(), Stage::Idle { requests: 1 });
        activity.on_lingering();
        assert_eq!(activity.stage(), Stage::Lingering);
        activity.on_request();
        assert_eq!(activity.stage(), Stage::Busy, "it crossed our GOAWAY");
    }

    #[test]
    fn a_client_that_takes_a_little_starts_its_time_anew() {
        let activity = Activity::default();
        activity.on_request();
        activity.on_blocked();
        let before = activity.stage();
        activity.on_sent(1);
        activity.on_blocked();
        assert_ne!(activity.stage(), before);
    }
}
