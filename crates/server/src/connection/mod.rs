//! One connection on hyper: handshakes, then HTTP/1.1 or HTTP/2, all within deadlines.

mod deadline;
mod handshake;
mod http1;
#[cfg_attr(not(feature = "http2"), path = "no_http2.rs")]
mod http2;
mod io;
mod parked;
mod protocol;

use std::{
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::sync::futures::OwnedNotified;

use self::{
    deadline::Deadline, handshake::HandshakeFuture, http2::Http2, parked::PARK_AFTER,
    protocol::Protocol,
};
pub(crate) use self::{
    handshake::{Established, Handshake},
    io::{Io, Transport},
};
use crate::{
    Serve, Stop,
    state::{ConnectionState, Stage},
};

/// The response to an incomplete request when `head_timeout` has passed (RFC 9110, 15.5.9).
const REQUEST_TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// A future that serves one connection to its end.
pub(crate) struct Connection<S: Serve> {
    state: Arc<ConnectionState>,
    protocol: Protocol<S>,

    deadline: Deadline,
    /// How long the connection may be idle after it is parked, if it is to be parked.
    park_for: Option<Duration>,

    /// The stop mode that the connection follows.
    stop_mode: Option<Stop>,
    mode_changed: Pin<Box<OwnedNotified>>,

    /// Whether the deadline and a change of the stop mode wake the task.
    is_registered: bool,
}

/// What follows when the protocol is pending.
enum Next {
    /// The protocol has to be polled again.
    Poll,
    Wait,
    End,
}

// Nothing in a connection is pinned in place: pinned parts are boxed.
impl<S: Serve> Unpin for Connection<S> {}

impl<S: Serve> Connection<S> {
    /// A connection on which HTTP begins at once.
    pub(crate) fn new(established: Established, service: S, state: Arc<ConnectionState>) -> Self {
        Self::with(Protocol::begin(established, service, &state), state)
    }

    /// A connection on which handshakes come first. The time for them and for the first head is
    /// one.
    pub(crate) fn with_handshake(
        handshake: HandshakeFuture,
        service: S,
        state: Arc<ConnectionState>,
    ) -> Self {
        Self::with(Protocol::Handshake(handshake, service), state)
    }

    fn with(protocol: Protocol<S>, state: Arc<ConnectionState>) -> Self {
        let allowed = state.server.limits.head_timeout;
        Self {
            protocol,
            deadline: Deadline::new(state.activity.stage(), allowed),
            park_for: None,
            stop_mode: None,
            mode_changed: Box::pin(state.handle.mode_changed()),
            is_registered: false,
            state,
        }
    }
}

impl<S: Serve> Future for Connection<S> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        while self.poll_protocol(cx).is_pending() {
            match self.on_pending(cx) {
                Next::Poll => {}
                Next::Wait => return Poll::Pending,
                Next::End => break,
            }
        }
        Poll::Ready(())
    }
}

impl<S: Serve> Connection<S> {
    /// Polls the protocol, and the one that follows it, if any.
    fn poll_protocol(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let result = match &mut self.protocol {
                Protocol::Handshake(handshake, _) => {
                    let established = ready!(handshake.as_mut().poll(cx));
                    self.on_established(established);
                    continue;
                }
                Protocol::Http1(http1) => ready!(http1.poll(&self.state, cx)),
                Protocol::Parked(parked) => {
                    ready!(parked.poll(cx));
                    self.protocol.resume();
                    continue;
                }
                Protocol::Http2(http2) => ready!(http2.poll(cx)),
                Protocol::Ended => return Poll::Ready(()),
            };
            match result {
                Err(error) if self.begins_http2(&error) => self.switch_to_http2(),
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::debug!(error, "a connection ended early");
                    return Poll::Ready(());
                }
                Ok(()) => return Poll::Ready(()),
            }
        }
    }

    /// The handshakes are done; with `None`, HTTP will never begin.
    fn on_established(&mut self, established: Option<Established>) {
        let protocol = mem::replace(&mut self.protocol, Protocol::Ended);
        if let (Protocol::Handshake(_, service), Some(established)) = (protocol, established) {
            if established.is_http2 {
                // A stop signal from before the handshake has to reach it too.
                self.stop_mode = None;
            }
            self.protocol = Protocol::begin(established, service, &self.state);
        }
    }

    /// Whether the connection begins with the HTTP/2 preface, and with nothing before it: hyper
    /// skips any CR and LF. The framing guard cuts a later preface in two, so that hyper refuses
    /// it.
    fn begins_http2(&self, error: &hyper::Error) -> bool {
        Http2::<S>::IS_ENABLED && error.is_parse_version_h2() && self.state.activity.has_preface()
    }

    /// The client began with the HTTP/2 preface (RFC 9113, 3.4): starts anew with what was read.
    fn switch_to_http2(&mut self) {
        if let Some((mut io, read, adapter)) = self.protocol.take_http1() {
            io.unread(read);
            self.protocol = Protocol::http2(io, adapter);
            // As in `on_established`.
            self.stop_mode = None;
        }
    }

    /// Looks after all but the protocol: the stop mode, the deadline, the client's disconnect.
    fn on_pending(&mut self, cx: &mut Context<'_>) -> Next {
        if !self.is_registered {
            self.register(cx);
        }
        if self.follow_stop_mode(cx) {
            return match self.stop_mode {
                Some(Stop::Now) => Next::End,
                _ => Next::Poll,
            };
        }
        if self.is_late(cx) {
            return match self.park_for.take() {
                Some(time) => self.park(time, cx),
                None => self.expire(cx),
            };
        }
        if self.is_abandoned(cx) {
            return Next::End;
        }
        if self.has_to_stop_copying() {
            // hyper starts anew, with the setting of now.
            self.protocol.park();
            return Next::Poll;
        }
        Next::Wait
    }

    /// Registers the task's waker, which never changes, so once is enough.
    fn register(&mut self, cx: &mut Context<'_>) {
        let _ = self.mode_changed.as_mut().poll(cx);
        self.deadline.register(cx);
        self.is_registered = true;
    }

    /// Takes over the server's stop mode; returns whether it has changed.
    fn follow_stop_mode(&mut self, cx: &mut Context<'_>) -> bool {
        if self.state.handle.mode_in_force() == self.stop_mode {
            return false;
        }
        self.mode_changed = Box::pin(self.state.handle.mode_changed());
        let _ = self.mode_changed.as_mut().poll(cx);
        // Read once more: a faster stop mode may have been set before the waker was registered.
        self.stop_mode = self.state.handle.mode_in_force();
        // The stage has another time allowed now.
        self.enter(self.deadline.stage(), cx);
        match &mut self.protocol {
            // It refuses new streams only after those that were on their way (RFC 9113, 6.8).
            Protocol::Http2(http2) => http2.graceful_shutdown(),
            // A request may be on its way; `Connection: close` goes out with its response.
            Protocol::Http1(_)
            | Protocol::Parked(_)
            | Protocol::Handshake(..)
            | Protocol::Ended => {}
        }
        true
    }

    /// Whether the stage's time is up.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        let stage = self.state.activity.stage();
        if stage != self.deadline.stage() && !self.enter(stage, cx) {
            return false;
        }
        let idle = self.state.server.limits.keep_alive_timeout;
        self.deadline.is_up(idle, cx)
    }

    /// Gives a stage its time; false if it cannot be up yet.
    fn enter(&mut self, stage: Stage, cx: &mut Context<'_>) -> bool {
        let limits = &self.state.server.limits;
        let mut allowed = stage.time_allowed(limits, self.stop_mode.is_some());
        self.park_for = None;
        if let (Stage::Idle { .. }, Protocol::Http1(_), Some(time)) =
            (stage, &self.protocol, allowed)
            && time > PARK_AFTER
        {
            self.park_for = Some(time - PARK_AFTER);
            allowed = Some(PARK_AFTER);
        }
        self.deadline.enter(stage, allowed, cx)
    }

    /// Parks a connection, which may be idle for `time` from now on.
    fn park(&mut self, time: Duration, cx: &mut Context<'_>) -> Next {
        self.deadline.enter(self.deadline.stage(), Some(time), cx);
        self.protocol.park();
        Next::Poll
    }

    /// Ends a connection that is late, with a response or by the protocol's own means.
    fn expire(&mut self, cx: &mut Context<'_>) -> Next {
        tracing::trace!(stage = ?self.deadline.stage(), "a connection ran out of time");
        // hyper closes it.
        self.protocol.resume();
        match (&mut self.protocol, self.deadline.stage()) {
            (Protocol::Http1(http1), Stage::Idle { .. }) => {
                http1.graceful_shutdown();
                Next::Poll
            }
            (Protocol::Http2(http2), Stage::Idle { .. } | Stage::Head) => {
                // The client may still react to GOAWAY; a second expiry finds the stage lingering.
                http2.graceful_shutdown();
                self.state.activity.on_lingering();
                self.enter(Stage::Lingering, cx);
                Next::Poll
            }
            (Protocol::Http1(_), Stage::Head) => {
                // No 408 for a peer that sent no bytes; TLS peers get close_notify.
                let has_received = self.state.activity.has_received();
                let response = if has_received { REQUEST_TIMEOUT } else { b"" };
                if let Some((mut io, _, _)) = self.protocol.take_http1() {
                    io.send_at_once(response);
                }
                Next::End
            }
            _ => Next::End,
        }
    }

    /// Whether the client disconnected before the response, which is then not needed.
    fn is_abandoned(&mut self, cx: &mut Context<'_>) -> bool {
        match &mut self.protocol {
            Protocol::Http1(http1) => http1.is_abandoned(&self.state.activity, cx),
            // They find out by themselves.
            Protocol::Handshake(..)
            | Protocol::Parked(_)
            | Protocol::Http2(_)
            | Protocol::Ended => false,
        }
    }

    /// Whether hyper copies responses to one buffer, although there are large ones by now.
    fn has_to_stop_copying(&self) -> bool {
        let copies = matches!(&self.protocol, Protocol::Http1(http1) if http1.copies());
        let is_idle = matches!(self.deadline.stage(), Stage::Idle { .. });
        copies && is_idle && self.stop_mode.is_none() && self.state.server.sends_large()
    }
}
