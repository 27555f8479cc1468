//! The service manager above the supervisor, if there is one.

use crate::{policy::Time, worker::Notifier};

/// Notifies the service manager of the supervisor's state.
pub(super) struct Upstream {
    notifier: Notifier,
    sent_ready: bool,
    alive_at: Time,
}

impl Upstream {
    pub(super) fn new() -> Self {
        Self {
            notifier: Notifier::from_env(),
            sent_ready: false,
            alive_at: Time::ZERO,
        }
    }

    /// Returns when the next `WATCHDOG=1` is due.
    pub(super) fn deadline(&self) -> Option<Time> {
        self.notifier
            .watchdog_interval()
            .map(|interval| self.alive_at + interval)
    }

    /// Sends what is due: `READY=1` once, `WATCHDOG=1` again and again.
    pub(super) fn notify(&mut self, is_ready: bool, now: Time) {
        if is_ready && !self.sent_ready {
            self.sent_ready = true;
            let pid = std::process::id();
            self.notifier
                .assignments(&format!("READY=1\nMAINPID={pid}"));
        }
        if self.deadline().is_some_and(|deadline| now >= deadline) {
            self.notifier.alive();
            self.alive_at = now;
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
