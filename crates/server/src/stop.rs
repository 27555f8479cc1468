//! The order to stop, and how far it has got.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
};

use tokio::sync::{Notify, futures::OwnedNotified, watch};

/// Where a server is in its life. It only moves forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Phase {
    /// Not all listeners accept yet.
    Starting,
    /// All listeners accept.
    Serving,
    /// No new connection is accepted; those that are open come to their end.
    Draining,
    /// No connection is left.
    Stopped,
}

/// How fast to stop. A faster order overrides a slower one, never the reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stop {
    /// Finish what is under way, within `shutdown_timeout`, and leave idle clients their grace.
    Graceful,
    /// As graceful, but within `idle_grace` altogether.
    Quick,
    /// Cut off whatever is under way.
    Now,
}

/// Stops a server, and tells where it is in its life. Clones are handles on the same server.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

struct Shared {
    /// 0 while running, then the `Stop` that was ordered, from 1.
    order: AtomicU8,
    ordered: Arc<Notify>,
    phase: watch::Sender<Phase>,
    accepted: AtomicU64,
    open: AtomicUsize,
    closed: Notify,
}

impl Default for Handle {
    fn default() -> Self {
        Self::new()
    }
}

impl Handle {
    /// A handle for a server that has yet to start: give it to the server's builder.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Shared {
            order: AtomicU8::new(0),
            ordered: Arc::default(),
            phase: watch::Sender::new(Phase::Starting),
            accepted: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            closed: Notify::new(),
        }))
    }

    /// Orders the server to stop. It takes effect once, or again when it is the faster order.
    pub fn stop(&self, how: Stop) {
        if self.0.order.fetch_max(how as u8 + 1, Ordering::SeqCst) <= how as u8 {
            self.0.ordered.notify_waiters();
        }
    }

    /// The order that was given, if any.
    #[must_use]
    pub fn order(&self) -> Option<Stop> {
        match self.0.order.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(Stop::Graceful),
            2 => Some(Stop::Quick),
            _ => Some(Stop::Now),
        }
    }

    /// Where the server is now.
    #[must_use]
    pub fn phase(&self) -> Phase {
        *self.0.phase.borrow()
    }

    /// Waits until the server is in `phase`, or past it.
    pub async fn reached(&self, phase: Phase) {
        let mut phases = self.0.phase.subscribe();
        // The sender lives as long as `self`, so this cannot fail.
        let _ = phases.wait_for(|now| *now >= phase).await;
    }

    /// Waits for an order to stop that is at least as fast as `how`.
    pub async fn ordered(&self, how: Stop) {
        loop {
            let mut changed = Box::pin(self.next_order());
            // Enlisted before the look, so that no order slips in between.
            changed.as_mut().enable();
            if self.order().is_some_and(|order| order >= how) {
                return;
            }
            changed.await;
        }
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// How many connections were ever accepted.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.0.accepted.load(Ordering::Relaxed)
    }

    pub(crate) fn next_order(&self) -> OwnedNotified {
        Arc::clone(&self.0.ordered).notified_owned()
    }

    pub(crate) fn advance(&self, to: Phase) {
        self.0.phase.send_if_modified(|phase| {
            let forward = to > *phase;
            if forward {
                tracing::debug!(from = ?*phase, ?to, "server phase");
                *phase = to;
            }
            forward
        });
    }

    pub(crate) fn open(&self) -> OpenConnection {
        self.0.accepted.fetch_add(1, Ordering::Relaxed);
        self.0.open.fetch_add(1, Ordering::Relaxed);
        OpenConnection(self.clone())
    }

    /// Waits until a connection closes after this call.
    pub(crate) fn next_close(&self) -> impl Future<Output = ()> + '_ {
        self.0.closed.notified()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("phase", &self.phase())
            .field("order", &self.order())
            .field("connections", &self.connections())
            .finish()
    }
}

/// Counts as a connection until dropped; an upgraded one carries it on.
#[derive(Debug)]
pub(crate) struct OpenConnection(Handle);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.0.open.fetch_sub(1, Ordering::Relaxed);
        self.0.0.closed.notify_waiters();
    }
}
