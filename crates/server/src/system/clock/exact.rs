//! The exact clock, for systems without a coarse one.

use std::{sync::OnceLock, time::Instant};

pub(crate) fn monotonic_nanoseconds() -> u64 {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    let elapsed = ORIGIN.get_or_init(Instant::now).elapsed();
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}
