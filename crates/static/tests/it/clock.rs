//! A clock that advances only when a test says so.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

/// Milliseconds since the start of the test. Clones are the same clock.
#[derive(Clone, Default)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn set(&self, milliseconds: u64) {
        self.0.store(milliseconds, SeqCst);
    }

    pub(crate) fn advance(&self, milliseconds: u64) {
        self.0.fetch_add(milliseconds, SeqCst);
    }

    pub(crate) fn milliseconds(&self) -> u64 {
        self.0.load(SeqCst)
    }

    /// Returns the function for `StaticFiles::clock`.
    pub(crate) fn reader(&self) -> impl Fn() -> Duration + Send + Sync + 'static {
        let clock = self.clone();
        move || Duration::from_millis(clock.milliseconds())
    }
}
