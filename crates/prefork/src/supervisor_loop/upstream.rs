//! The service manager above the supervisor, if there is one.

use std::time::Instant;

use crate::worker::Notifier;

/// Notifies the service manager of the supervisor's state. Its watchdog may be outside of a machine
/// that stands still, so it is notified by the system's clock.
pub(super) struct Upstream {
    notifier: Notifier,
    sent_ready: bool,
    /// When the next `WATCHDOG=1` is due.
    alive_at: Option<Instant>,
}

impl Upstream {
    pub(super) fn new() -> Self {
        let notifier = Notifier::from_env();
        Self {
            // At once: the predecessor of a resumed supervisor may have sent the last one long ago.
            alive_at: notifier.watchdog_interval().map(|_| Instant::now()),
            notifier,
            sent_ready: false,
        }
    }

    /// Returns when the next `WATCHDOG=1` is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.alive_at
    }

    /// Sends what is due: `READY=1` once, `WATCHDOG=1` again and again.
    pub(super) fn notify(&mut self, is_ready: bool, now: Instant) {
        if is_ready && !self.sent_ready {
            self.sent_ready = true;
            let pid = std::process::id();
            self.notifier
                .assignments(&format!("READY=1\nMAINPID={pid}"));
        }
        if self.alive_at.is_some_and(|at| now >= at) {
            self.notifier.alive();
            let interval = self.notifier.watchdog_interval();
            self.alive_at = interval.and_then(|interval| now.checked_add(interval));
        }
    }

    pub(super) fn reloading(&self) {
        self.notifier.reloading();
    }

    /// systemd waits for `READY=1` after `RELOADING=1`, whichever way the reload ended.
    pub(super) fn reload_ended(&mut self) {
        self.sent_ready = false;
    }

    pub(super) fn stopping(&self) {
        self.notifier.stopping();
    }
}
