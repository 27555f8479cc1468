//! Graceful shutdown: the handle, stop modes and phases.

use std::{
    fmt,
    pin::pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, futures::OwnedNotified, watch},
    time::timeout,
};

/// Phase of a server, from start to stop. It only moves forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Phase {
    /// Not all listeners accept yet.
    Starting,
    /// All listeners accept.
    Serving,
    /// A graceful shutdown has begun and [`drain_delay`](crate::Limits::drain_delay) runs: requests
    /// are served as before, but health checks should fail.
    Leaving,
    /// No new connection is accepted; open ones finish their requests.
    Draining,
    /// No connection is left.
    Stopped,
}

/// Stop mode: how fast to stop. A faster mode overrides a slower one, never the reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stop {
    /// Finishes requests within `shutdown_timeout`, and leaves idle clients `idle_grace`.
    Graceful,
    /// As graceful, but within `idle_grace` altogether.
    Quick,
    /// Cuts off all requests.
    Now,
}

/// Stops a server and returns its phase. Clones are handles on the same server.
#[derive(Clone)]
pub struct Handle(Arc<HandleState>);

struct HandleState {
    /// 0 while running, then the requested `Stop`, from 1.
    requested: AtomicU8,
    on_request: Notify,
    /// As `requested`, once the delay is over: connections obey this.
    in_force: AtomicU8,
    on_force: Arc<Notify>,
    /// Set when the server starts.
    times: OnceLock<ShutdownTimes>,
    phase: watch::Sender<Phase>,
    accepted: AtomicU64,
    open: AtomicUsize,
    closed: Notify,
    #[cfg(feature = "tls")]
    certificate_reloads: watch::Sender<()>,
}

/// The [`Limits`](crate::Limits) of these names.
struct ShutdownTimes {
    drain_delay: Duration,
    shutdown_timeout: Duration,
}

impl Default for Handle {
    fn default() -> Self {
        Self::new()
    }
}

impl Handle {
    /// Returns a handle for a server that has yet to start, for
    /// [`Server::handle`](crate::Server::handle).
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(HandleState {
            requested: AtomicU8::new(0),
            on_request: Notify::new(),
            in_force: AtomicU8::new(0),
            on_force: Arc::default(),
            times: OnceLock::new(),
            phase: watch::Sender::new(Phase::Starting),
            accepted: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            closed: Notify::new(),
            #[cfg(feature = "tls")]
            certificate_reloads: watch::Sender::new(()),
        }))
    }

    /// Stops the server. A second call has an effect only with a faster mode. A graceful shutdown
    /// waits for the [`drain_delay`](crate::Limits::drain_delay) first.
    pub fn stop(&self, mode: Stop) {
        self.0.requested.fetch_max(mode as u8 + 1, Ordering::SeqCst);
        if mode > Stop::Graceful || self.drain_delay().is_zero() {
            self.put_in_force(mode);
        }
        self.0.on_request.notify_waiters();
    }

    fn put_in_force(&self, mode: Stop) {
        if self.0.in_force.fetch_max(mode as u8 + 1, Ordering::SeqCst) <= mode as u8 {
            self.0.on_force.notify_waiters();
        }
    }

    /// Returns the requested stop mode, if the server is to stop.
    #[must_use]
    pub fn stop_mode(&self) -> Option<Stop> {
        from_level(self.0.requested.load(Ordering::Relaxed))
    }

    /// Returns the stop mode in force: the delay is over.
    pub(crate) fn mode_in_force(&self) -> Option<Stop> {
        from_level(self.0.in_force.load(Ordering::Relaxed))
    }

    pub(crate) fn set_times(&self, drain_delay: Duration, shutdown_timeout: Duration) {
        // A handle serves one server, and a server starts once.
        let _ = self.0.times.set(ShutdownTimes {
            drain_delay,
            shutdown_timeout,
        });
    }

    fn drain_delay(&self) -> Duration {
        let times = self.0.times.get();
        times.map_or(Duration::ZERO, |times| times.drain_delay)
    }

    /// Returns the limit of that name; none is endless.
    pub(crate) fn shutdown_timeout(&self) -> Duration {
        let times = self.0.times.get();
        times.map_or(Duration::MAX, |times| times.shutdown_timeout)
    }

    /// Waits for the stop signal, in any mode, whether or not the delay is over.
    pub async fn stop_requested(&self) {
        wait_until(&self.0.on_request, || self.stop_mode().is_some()).await;
    }

    /// Waits for the stop signal, and then for the delay of a graceful shutdown.
    pub(crate) async fn leave(&self) {
        self.stop_requested().await;
        if self.mode_in_force().is_none() {
            self.advance(Phase::Leaving);
            let _ = timeout(self.drain_delay(), self.stop_in_force(Stop::Graceful)).await;
            self.put_in_force(Stop::Graceful);
        }
    }

    /// Returns the current phase.
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

    /// Waits until a stop mode is in force that is at least as fast as `mode`.
    pub async fn stop_in_force(&self, mode: Stop) {
        wait_until(&self.0.on_force, || self.mode_in_force() >= Some(mode)).await;
    }

    /// Reads the files of [`Tls`](crate::Tls) again at once, whether or not they have changed. Open
    /// connections go on. If the files cannot be used, this is logged and the old certificates
    /// stay.
    #[cfg(feature = "tls")]
    pub fn reload_certificates(&self) {
        self.0.certificate_reloads.send_replace(());
    }

    /// Reads certificates again; false if there are none.
    pub(crate) fn reload_if_encrypted(&self) -> bool {
        #[cfg(feature = "tls")]
        if self.0.certificate_reloads.receiver_count() > 0 {
            self.reload_certificates();
            return true;
        }
        false
    }

    #[cfg(feature = "tls")]
    pub(crate) fn certificate_reloads(&self) -> watch::Receiver<()> {
        self.0.certificate_reloads.subscribe()
    }

    /// Returns the number of open connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// Returns the number of connections that were ever accepted.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.0.accepted.load(Ordering::Relaxed)
    }

    pub(crate) fn mode_changed(&self) -> OwnedNotified {
        Arc::clone(&self.0.on_force).notified_owned()
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

async fn wait_until(notify: &Notify, is_so: impl Fn() -> bool) {
    loop {
        let mut changed = pin!(notify.notified());
        // Registered before the check, so that no change in between is lost.
        changed.as_mut().enable();
        if is_so() {
            return;
        }
        changed.await;
    }
}

fn from_level(level: u8) -> Option<Stop> {
    match level {
        0 => None,
        1 => Some(Stop::Graceful),
        2 => Some(Stop::Quick),
        _ => Some(Stop::Now),
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("phase", &self.phase())
            .field("stop_mode", &self.stop_mode())
            .field("connections", &self.connections())
            .finish()
    }
}

/// Counts as a connection until dropped; an upgraded connection keeps it.
#[derive(Debug)]
pub(crate) struct OpenConnection(Handle);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.0.open.fetch_sub(1, Ordering::Relaxed);
        self.0.0.closed.notify_waiters();
    }
}
