//! One connection on hyper: handshakes, then HTTP/1.1 or HTTP/2, all within deadlines.

mod deadline;
mod handshake;
mod http1;
#[cfg_attr(not(feature = "http2"), path = "no_http2.rs")]
mod http2;
mod io;
mod parked;

use std::{
    cell::RefCell,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::futures::OwnedNotified;

use self::{
    deadline::Deadline,
    handshake::HandshakeFuture,
    http1::Http1,
    http2::Http2,
    parked::{PARK_AFTER, Parked},
};
pub(crate) use self::{
    handshake::{Established, Handshake},
    io::{Io, Transport},
};
use crate::{
    Serve, Stop,
    request::{Adapter, KnownHost},
    state::{ConnectionState, Stage},
};

/// The response to an incomplete request when `head_timeout` has passed (RFC 9110, 15.5.9).
const REQUEST_TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// A future that serves one connection to its end.
pub(crate) struct Connection<S: Serve> {
    protocol: Protocol<S>,
    state: Arc<ConnectionState>,
    stop_mode: Option<Stop>,
    mode_changed: Pin<Box<OwnedNotified>>,
    deadline: Deadline,
    /// How long the connection may be idle after it is parked, if it is to be parked.
    park_for: Option<Duration>,
    polled: bool,
}

#[expect(
    clippy::large_enum_variant,
    reason = "the large one is the common one, and its task is allocated anyway"
)]
enum Protocol<S: Serve> {
    /// None yet: the service waits.
    Handshake(HandshakeFuture, S),
    Http1(Http1<S>),
    /// HTTP/1.1, idle.
    Parked(Parked<S>),
    Http2(Http2<S>),
    Ended,
}

// Nothing in a connection is pinned in place: pinned parts are boxed.
impl<S: Serve> Unpin for Connection<S> {}

impl<S: Serve> Connection<S> {
    /// A connection on which HTTP begins at once.
    pub(crate) fn new(established: Established, service: S, state: Arc<ConnectionState>) -> Self {
        Self::with(Protocol::begin(established, service, &state), state)
    }

    /// A connection on which something else comes first. The time for that and for the first head
    /// is one.
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
            stop_mode: None,
            mode_changed: Box::pin(state.handle.mode_changed()),
            deadline: Deadline::new(state.activity.stage(), allowed),
            park_for: None,
            polled: false,
            state,
        }
    }

    /// Obeys a stop signal; returns whether the protocol has to be polled again for it.
    fn obey(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.polled {
            // The task's waker never changes, so enlisting once is enough.
            let _ = self.mode_changed.as_mut().poll(cx);
            self.deadline.register(cx);
            self.polled = true;
        }
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
            Protocol::Http2(connection) => connection.graceful_shutdown(),
            // A request may be on its way; `Connection: close` goes out with its response.
            Protocol::Http1(_)
            | Protocol::Parked(_)
            | Protocol::Handshake(..)
            | Protocol::Ended => {}
        }
        true
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

    /// Whether the stage's time is up.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        let stage = self.state.activity.stage();
        if stage != self.deadline.stage() && !self.enter(stage, cx) {
            return false;
        }
        let idle = self.state.server.limits.keep_alive_timeout;
        self.deadline.is_up(idle, cx)
    }

    /// Parks a connection that has been idle for long enough; true if it did, and has to be polled.
    fn park(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(time) = self.park_for.take() else {
            return false;
        };
        self.deadline.enter(self.deadline.stage(), Some(time), cx);
        self.begin_anew();
        true
    }

    /// Gives hyper up, until the client sends something.
    fn begin_anew(&mut self) {
        if let Protocol::Http1(_) = self.protocol
            && let Some((mut io, read, adapter)) = self.protocol.take_http1()
        {
            io.unread(read);
            self.protocol = Protocol::Parked(Parked::new(io, adapter));
        }
    }

    /// Starts hyper again.
    fn resume(&mut self) {
        match mem::replace(&mut self.protocol, Protocol::Ended) {
            Protocol::Parked(parked) => self.protocol = Protocol::Http1(parked.resume()),
            other => self.protocol = other,
        }
    }

    /// Ends a connection that is late; true when the protocol has to be polled for it.
    fn expire(&mut self, cx: &mut Context<'_>) -> bool {
        tracing::trace!(stage = ?self.deadline.stage(), "a connection ran out of time");
        // hyper knows how to close it.
        self.resume();
        match (&mut self.protocol, self.deadline.stage()) {
            (Protocol::Http1(http1), Stage::Idle { .. }) => {
                http1.graceful_shutdown();
                true
            }
            (Protocol::Http2(connection), Stage::Idle { .. } | Stage::Head) => {
                // The client may still react to GOAWAY; a second expiry finds the stage lingering.
                connection.graceful_shutdown();
                self.state.activity.on_lingering();
                self.enter(Stage::Lingering, cx);
                true
            }
            (Protocol::Http1(_), Stage::Head) => {
                // No 408 for a peer that sent no bytes; TLS peers get close_notify.
                let has_received = self.state.activity.has_received();
                self.say_last(if has_received { REQUEST_TIMEOUT } else { b"" });
                false
            }
            _ => false,
        }
    }

    /// Ends an HTTP/1.1 connection with a response that no request brought about.
    fn say_last(&mut self, response: &[u8]) {
        if let Some((mut io, _, _)) = self.protocol.take_http1() {
            io.send_at_once(response);
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

    /// Ends the copying of responses once there are large ones, for which hyper has to start anew;
    /// true if it did, and has to be polled.
    fn stop_copying(&mut self) -> bool {
        let copies = matches!(&self.protocol, Protocol::Http1(http1) if http1.copies());
        let is_idle = matches!(self.deadline.stage(), Stage::Idle { .. });
        let may = copies && is_idle && self.stop_mode.is_none();
        if !(may && self.state.server.sends_large()) {
            return false;
        }
        self.begin_anew();
        true
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
}

impl<S: Serve> Protocol<S> {
    fn begin(established: Established, service: S, state: &Arc<ConnectionState>) -> Self {
        let adapter = Adapter {
            service: RefCell::new(service),
            info: established.info,
            state: Arc::clone(state),
            known_host: KnownHost::default(),
        };
        if established.is_http2 {
            Self::http2(established.io, adapter)
        } else {
            Self::Http1(Http1::begin(established.io, adapter))
        }
    }

    fn http2(mut io: Io, adapter: Adapter<S>) -> Self {
        let state = Arc::clone(&adapter.state);
        io.set_http2();
        state.files.set_open(false);
        state.activity.on_multiplexed();
        Self::Http2(Http2::begin(io, adapter))
    }

    /// Ends HTTP/1.1 where there is nothing under way, to go on in another way.
    fn take_http1(&mut self) -> Option<(Io, Bytes, Adapter<S>)> {
        match mem::replace(self, Self::Ended) {
            Self::Http1(http1) => http1.into_parts(),
            Self::Handshake(..) | Self::Parked(_) | Self::Http2(_) | Self::Ended => None,
        }
    }
}

impl<S: Serve> Future for Connection<S> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            let poll = match &mut this.protocol {
                Protocol::Handshake(handshake, _) => match handshake.as_mut().poll(cx) {
                    Poll::Ready(established) => {
                        this.on_established(established);
                        continue;
                    }
                    Poll::Pending => Poll::Pending,
                },
                Protocol::Http1(http1) => http1.poll(&this.state, cx),
                Protocol::Parked(parked) => match parked.poll(cx) {
                    Poll::Ready(()) => {
                        this.resume();
                        continue;
                    }
                    Poll::Pending => Poll::Pending,
                },
                Protocol::Http2(connection) => connection.poll(cx),
                Protocol::Ended => return Poll::Ready(()),
            };
            match poll {
                Poll::Ready(Err(error)) if this.begins_http2(&error) => {
                    this.switch_to_http2();
                    continue;
                }
                Poll::Ready(Err(error)) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::debug!(error, "a connection ended early");
                    return Poll::Ready(());
                }
                Poll::Ready(Ok(())) => return Poll::Ready(()),
                Poll::Pending => {}
            }
            if this.obey(cx) {
                if this.stop_mode == Some(Stop::Now) {
                    return Poll::Ready(());
                }
                continue;
            }
            if !this.is_late(cx) {
                if this.is_abandoned(cx) {
                    return Poll::Ready(());
                }
                if this.stop_copying() {
                    continue;
                }
                return Poll::Pending;
            }
            if this.park(cx) {
                continue;
            }
            if !this.expire(cx) {
                return Poll::Ready(());
            }
        }
    }
}
