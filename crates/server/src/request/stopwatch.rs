//! `Stopwatch`: the duration of a request, on the coarse clock where that is exact enough.

use std::time::Duration;

use tokio::time::Instant;

use crate::coarse_clock::CoarseInstant;

/// Measures how long a request has no response. Most responses wait for nothing: the coarse clock
/// is enough for them.
#[derive(Clone, Copy)]
pub(super) enum Stopwatch {
    Coarse(CoarseInstant),
    /// The response has waited.
    Exact(Instant),
}

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self::Coarse(CoarseInstant::now())
    }

    /// Goes on with the exact clock.
    pub(super) fn make_exact(&mut self) {
        if let Self::Coarse(_) = self {
            let now = Instant::now();
            let start = now.checked_sub(self.elapsed());
            *self = Self::Exact(start.unwrap_or(now));
        }
    }

    pub(super) fn elapsed(self) -> Duration {
        match self {
            Self::Coarse(start) => CoarseInstant::now() - start,
            Self::Exact(start) => start.elapsed(),
        }
    }
}
