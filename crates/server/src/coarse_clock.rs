//! Coarse clock, for deadlines of seconds and for the time of responses that wait for nothing.

use std::{
    ops::{Add, Sub},
    time::Duration,
};

use crate::system::monotonic_nanoseconds;

/// Nanoseconds of a monotonic clock, which may be some milliseconds behind. Each request reads it,
/// so it is the coarse clock where the system has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CoarseInstant(u64);

impl CoarseInstant {
    pub(crate) fn now() -> Self {
        Self(monotonic_nanoseconds())
    }
}

impl Add<Duration> for CoarseInstant {
    type Output = Self;

    /// A time that is too far away is the last there is, in 584 years.
    fn add(self, time: Duration) -> Self {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanoseconds))
    }
}

impl Sub for CoarseInstant {
    type Output = Duration;

    /// Zero if the other one is later.
    fn sub(self, other: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(other.0))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::CoarseInstant;

    #[test]
    fn it_follows_the_exact_clock() {
        let (exact, coarse) = (Instant::now(), CoarseInstant::now());
        let lag = Duration::from_millis(100);
        while exact.elapsed() < lag {
            assert!(CoarseInstant::now() - coarse <= exact.elapsed() + lag);
        }
        while CoarseInstant::now() - coarse < lag {
            assert!(exact.elapsed() < 100 * lag, "it stands still");
        }
    }

    #[test]
    fn sums_and_differences_stay_in_range() {
        let (first, last) = (CoarseInstant(0), CoarseInstant(u64::MAX));
        assert_eq!(first - last, Duration::ZERO);
        assert_eq!(first + Duration::MAX, last);
        assert_eq!(last + Duration::from_secs(1), last);
        assert_eq!(
            (first + Duration::from_secs(7)) - first,
            Duration::from_secs(7)
        );
    }
}
