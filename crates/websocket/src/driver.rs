//! The task of a socket: it polls the handler, and reads, writes and keeps deadlines whatever the handler does.
//!
//! Both are one task, so an idle socket has no second one, and a message wakes one task once.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use http::HeaderValue;
use pin_project_lite::pin_project;
use tokio::time::Instant;

use crate::{
    WebSocketSettings, alarm::Alarm, codec::CloseCode, connection::Connection, timing::Timing,
};

/// Turns of one poll; then other tasks of the thread have their turn.
const TURNS: usize = 16;

/// State that the driver and the handles of a socket share.
pub(crate) struct Shared {
    connection: Mutex<Connection>,
    pub(crate) protocol: Option<HeaderValue>,
}

impl Shared {
    pub(crate) fn new(connection: Connection, protocol: Option<HeaderValue>) -> Arc<Self> {
        Arc::new(Self {
            connection: Mutex::new(connection),
            protocol,
        })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The signal of a graceful shutdown.
pub(crate) type ShutdownSignal = Pin<Box<dyn Future<Output = ()> + Send>>;

pin_project! {
    /// Ends when the handler has ended, its handles are dropped, and the connection is closed.
    pub(crate) struct Driver<F> {
        shared: Disconnect,
        #[pin]
        handler: Option<F>,
        shutdown: Option<ShutdownSignal>,
        settings: Arc<WebSocketSettings>,
        timing: Timing,
        alarm: Alarm,
        panic: Option<Box<dyn Any + Send>>,
    }
}

/// Ends the connection with the driver: the handles in other tasks get errors then.
struct Disconnect(Arc<Shared>);

impl Drop for Disconnect {
    fn drop(&mut self) {
        let mut connection = self.0.lock();
        connection.gone();
        let wakes = connection.wakes();
        drop(connection);
        wakes.wake();
    }
}

impl<F: Future> Driver<F> {
    pub(crate) fn new(shared: Arc<Shared>, handler: F, shutdown: Option<ShutdownSignal>) -> Self {
        let settings = Arc::clone(shared.lock().settings());
        let timing = Timing::new(&settings, Instant::now());
        Self {
            shared: Disconnect(shared),
            handler: Some(handler),
            shutdown,
            settings,
            timing,
            alarm: Alarm::default(),
            panic: None,
        }
    }
}

impl<F: Future> Future for Driver<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..TURNS {
            if let Turn::Over(poll) = self.as_mut().turn(cx) {
                return poll;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The result of one turn.
enum Turn {
    /// There is a message for the handler, which waits for it in this task.
    Again,
    Over(Poll<()>),
}

impl<F: Future> Driver<F> {
    /// Polls the handler, then reads, writes and enforces deadlines.
    fn turn(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Turn {
        let mut this = self.project();
        let shared = &this.shared.0;
        if shared.lock().begin_turn(cx.waker()) {
            this.alarm.disarm();
        }

        if let Some(handler) = this.handler.as_mut().as_pin_mut() {
            // The client of a handler that panics gets a close frame before the panic goes on.
            let polled = catch_unwind(AssertUnwindSafe(|| handler.poll(cx)));
            if !matches!(polled, Ok(Poll::Pending)) {
                this.handler.set(None);
            }
            *this.panic = polled.err();
        }
        let is_signalled = |signal: &mut ShutdownSignal| signal.as_mut().poll(cx).is_ready();
        let is_shutdown = this.shutdown.take_if(is_signalled).is_some();

        let mut connection = shared.lock();
        if is_shutdown {
            let spread = this.settings.shutdown_spread.mul_f64(fastrand::f64());
            this.timing.shut_down(Instant::now(), spread);
            this.alarm.disarm();
        }
        if this.handler.is_none() && (connection.handles == 0 || this.panic.is_some()) {
            let (code, reason) = match this.panic {
                Some(_) => (CloseCode::INTERNAL_ERROR, "the server failed"),
                None => (CloseCode::NORMAL, ""),
            };
            connection.discard();
            connection.start_close(code, reason);
        }
        loop {
            connection.drive();
            if connection.is_gone() {
                break;
            }
            let state = connection.state();
            if !this.timing.observe(this.settings, state) && this.alarm.is_running() {
                break;
            }
            let next = this.timing.next();
            let Some(now) = next.and_then(|next| this.alarm.poll(next, cx)) else {
                break;
            };
            while let Some(due) = this
                .timing
                .due(this.settings, now, state, connection.activity())
            {
                connection.on_due(due);
                if connection.is_gone() {
                    break;
                }
            }
        }
        let is_over = connection.is_gone() && this.handler.is_none();
        let (wakes, is_own) = connection.end_turn();
        drop(connection);
        wakes.wake();
        match this.panic.take_if(|_| is_over) {
            Some(panic) => resume_unwind(panic),
            None if is_over => Turn::Over(Poll::Ready(())),
            None if is_own => Turn::Again,
            None => Turn::Over(Poll::Pending),
        }
    }
}

#[cfg(test)]
mod tests;
