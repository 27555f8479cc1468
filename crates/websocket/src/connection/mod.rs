//! The connection of a socket: its state, seen by the driver and by the handles.

mod handles;
mod io;

use std::{
    collections::VecDeque,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    Message, WebSocketError, WebSocketSettings,
    codec::{CloseCode, CloseFrame, Decoder, Fault, Opcode},
    deflate::Coder,
    error::Kind,
    output::Output,
    timing::{Activity, Closing, Due, State},
};

/// Reads of one turn; then other tasks of the thread have their turn.
const READS: usize = 64;

pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// Our close frame is sent, the client's awaited.
    Closing,
    /// Nothing counts any more: what is left is written, what comes is discarded until the connection ends.
    Draining,
    Gone,
}

/// The last that the client has sent.
#[derive(Debug)]
enum Ending {
    Close(Option<CloseFrame>),
    Fault(Fault),
}

/// For what a task waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Room,
    Flushed,
    Closed,
}

pub(crate) struct Connection {
    // `None` when it is gone.
    io: Option<Box<dyn Io>>,
    is_http2: bool,
    settings: Arc<WebSocketSettings>,
    decoder: Decoder,
    coder: Option<Coder>,
    output: Output,
    needs_flush: bool,
    is_shut: bool,
    // The answer to the last ping, if the client does not read the answers.
    pong: Option<Bytes>,
    unread: VecDeque<Message>,
    unread_len: usize,
    // There is no receiver, or it waits for the close frame.
    discards: bool,
    phase: Phase,
    // Comes into force when the messages before it are received and answered.
    ending: Option<Ending>,
    close_frame: Option<CloseFrame>,
    error: Option<WebSocketError>,
    activity: Activity,
    /// Senders and receivers that are left.
    pub(crate) handles: usize,
    // Within the poll of the driver, which writes at the end of it.
    is_driving: bool,
    // `Pending` since the last turn, so the driver will be woken.
    read_pending: bool,
    write_pending: bool,
    // Woken by the socket and the timer: the task of the driver.
    driver: Option<Waker>,
    receiver: Option<Waker>,
    others: Vec<(Wanted, Waker)>,
}

impl Connection {
    pub(crate) fn new(
        io: Box<dyn Io>,
        is_http2: bool,
        coder: Option<Coder>,
        settings: Arc<WebSocketSettings>,
    ) -> Self {
        let decoder = Decoder::new(settings.max_message_size, settings.max_frame_size);
        Self {
            output: Output::new(io.is_write_vectored()),
            io: Some(io),
            is_http2,
            decoder: decoder.compression(coder.is_some()),
            settings,
            coder,
            needs_flush: false,
            is_shut: false,
            pong: None,
            unread: VecDeque::new(),
            unread_len: 0,
            discards: false,
            phase: Phase::Open,
            ending: None,
            close_frame: None,
            error: None,
            activity: Activity::default(),
            handles: 0,
            is_driving: false,
            read_pending: false,
            write_pending: false,
            driver: None,
            receiver: None,
            others: Vec::new(),
        }
    }

    /// Begins a turn of the driver: the handler is polled next, and reads and sends within it. Returns whether the
    /// driver has another waker than on its last turn.
    pub(crate) fn begin_turn(&mut self, driver: &Waker) -> bool {
        let known = self.driver.as_ref();
        let is_new = !known.is_some_and(|known| known.will_wake(driver));
        if is_new {
            self.driver = Some(driver.clone());
        }
        (self.read_pending, self.write_pending) = (false, false);
        self.is_driving = true;
        is_new
    }

    /// Reads ahead, so that pings are answered and a close frame is found whatever the handler does, and writes what
    /// the handler has sent.
    pub(crate) fn drive(&mut self) {
        self.with_driver(|this, cx| {
            let mut reads = 0;
            while !this.read_pending && this.wants_input() {
                if reads == READS {
                    cx.waker().wake_by_ref();
                    break;
                }
                reads += 1;
                this.read_pending = this.poll_read(cx).is_pending();
            }
            let is_flushed = this.poll_write(cx).is_ready();
            if is_flushed && this.phase == Phase::Draining && !this.is_shut {
                let io = this.io.as_mut().map(|io| Pin::new(io).poll_shutdown(cx));
                this.is_shut = io.is_some_and(|poll| poll.is_ready());
            }
        });
    }

    /// Ends a turn; returns the tasks that can go on, and whether the receiver in the driver's own task can. That one is
    /// polled again at once, which costs less than a wake.
    pub(crate) fn end_turn(&mut self) -> (Wakes, bool) {
        self.is_driving = false;
        let Wakes(receiver, others) = self.wakes();
        let is_own = |waker: &Waker| {
            let driver = self.driver.as_ref();
            driver.is_some_and(|driver| driver.will_wake(waker))
        };
        let is_here = receiver.as_ref().is_some_and(is_own);
        (Wakes(receiver.filter(|_| !is_here), others), is_here)
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.phase == Phase::Gone
    }

    pub(crate) fn state(&self) -> State {
        State {
            has_output: self.output.len() > 0,
            is_paused: !self.wants_input(),
            unfinished: self.decoder.unfinished(),
            closing: match self.phase {
                Phase::Open if self.ending.is_some() => Some(Closing::Frame),
                Phase::Open | Phase::Gone => None,
                Phase::Closing => Some(Closing::Frame),
                Phase::Draining => Some(Closing::End),
            },
        }
    }

    pub(crate) fn activity(&mut self) -> &mut Activity {
        &mut self.activity
    }

    pub(crate) fn settings(&self) -> &Arc<WebSocketSettings> {
        &self.settings
    }

    pub(crate) fn on_due(&mut self, due: Due) {
        match due {
            Due::Ping => self.output.push(Opcode::Ping, false, Bytes::new()),
            Due::PingTimeout => self.end(Kind::PingTimeout),
            Due::Unread => self.end(Kind::Unread),
            Due::MessageTimeout => {
                self.error = Some(Kind::MessageTimeout.into());
                self.drain(Some(&CloseFrame::new(
                    CloseCode::POLICY,
                    "a message took too long",
                )));
            }
            Due::CloseTimeout if self.phase == Phase::Open => self.on_ending(),
            Due::CloseTimeout if self.phase == Phase::Closing => self.end(Kind::CloseTimeout),
            // The handshake is complete, only the end of the connection is missing.
            Due::CloseTimeout => self.gone(),
            Due::Shutdown => self.start_close(self.settings.shutdown_code, "the server shuts down"),
        }
    }

    /// The driver has gone: nothing is read or written any more.
    pub(crate) fn gone(&mut self) {
        self.phase = Phase::Gone;
        self.io = None;
        self.pong = None;
        self.output = Output::new(false);
    }

    pub(crate) fn wakes(&mut self) -> Wakes {
        let is_over = matches!(self.phase, Phase::Draining | Phase::Gone);
        let has_news = is_over || !self.unread.is_empty() || self.error.is_some();
        let receiver = self.receiver.take_if(|_| has_news);
        if self.others.is_empty() {
            return Wakes(receiver, Vec::new());
        }
        let (has_room, is_flushed) = (self.has_room(), self.is_flushed());
        let is_ready = |wanted: Wanted| match wanted {
            Wanted::Room => has_room || self.phase != Phase::Open,
            Wanted::Flushed => is_flushed || self.phase == Phase::Gone,
            Wanted::Closed => is_over,
        };
        let all = mem::take(&mut self.others).into_iter();
        let (ready, waiting): (Vec<_>, _) = all.partition(|(wanted, _)| is_ready(*wanted));
        self.others = waiting;
        Wakes(
            receiver,
            ready.into_iter().map(|(_, waker)| waker).collect(),
        )
    }

    pub(crate) fn wake_driver(&self) {
        if let Some(driver) = self.driver.as_ref().filter(|_| !self.is_driving) {
            driver.wake_by_ref();
        }
    }

    /// Whether bytes of the client are read now.
    fn wants_input(&self) -> bool {
        match self.phase {
            _ if self.ending.is_some() => true,
            // Over HTTP/2, unread frames of one stream would end the connection of all.
            Phase::Open | Phase::Closing => {
                self.is_http2 || self.unread_len < self.settings.max_unread.max(1)
            }
            Phase::Draining => true,
            Phase::Gone => false,
        }
    }

    fn has_room(&self) -> bool {
        self.output.len() == 0 || self.output.len() < self.settings.max_send_buffer
    }

    fn is_flushed(&self) -> bool {
        self.output.len() == 0 && self.pong.is_none() && !self.needs_flush
    }

    /// The socket wakes the driver, whichever task polls it.
    fn with_driver<T>(&mut self, poll: impl FnOnce(&mut Self, &mut Context<'_>) -> T) -> T {
        let driver = self.driver.take().unwrap_or_else(|| Waker::noop().clone());
        let result = poll(self, &mut Context::from_waker(&driver));
        self.driver = Some(driver);
        result
    }

    fn write_now(&mut self) {
        if !self.write_pending {
            // The result is in the phase and in what is left.
            let _ = self.with_driver(Self::poll_write);
            if self.is_gone() {
                self.wake_driver();
            }
        }
    }

    fn wait<T>(&mut self, wanted: Wanted, cx: &Context<'_>) -> Poll<T> {
        let is_known =
            |(other, waker): &(Wanted, Waker)| *other == wanted && waker.will_wake(cx.waker());
        if !self.others.iter().any(is_known) {
            self.others.push((wanted, cx.waker().clone()));
        }
        Poll::Pending
    }
}

/// Tasks that can go on, to be woken when the connection is unlocked.
#[must_use]
pub(crate) struct Wakes(Option<Waker>, Vec<Waker>);

impl Wakes {
    pub(crate) fn wake(self) {
        let Self(receiver, others) = self;
        receiver.into_iter().chain(others).for_each(Waker::wake);
    }
}
