//! The clock of the supervisor's loop.

use std::time::Instant;

use crate::policy::Time;

/// The time since the first supervisor of the service started, without standstills.
pub(super) struct Clock {
    origin: Instant,
    offset: Time,
}

impl Clock {
    /// Starts the clock at a time, which is that of the supervisor before this one, or zero.
    pub(super) fn start(at: Time) -> Self {
        Self {
            origin: Instant::now(),
            offset: at,
        }
    }

    pub(super) fn now(&self) -> Time {
        self.offset + self.origin.elapsed()
    }

    pub(super) fn set_back(&mut self, to: Time) {
        self.origin += self.now().saturating_sub(to);
    }
}
