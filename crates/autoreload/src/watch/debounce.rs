//! Debounce of file-system events. A pure value: the caller passes the time.

use std::time::Duration;

/// A burst ends at the latest after this many quiet periods.
const MAX_PERIODS: u32 = 20;

/// Times are durations since a fixed origin.
#[derive(Debug)]
pub(super) struct Debounce {
    quiet: Duration,
    /// The times of the first and the last pending event.
    burst: Option<(Duration, Duration)>,
}

impl Debounce {
    pub(super) fn new(quiet: Duration) -> Self {
        Self { quiet, burst: None }
    }

    /// Records an event.
    pub(super) fn record(&mut self, now: Duration) {
        let first = self.burst.map_or(now, |(first, _)| first);
        self.burst = Some((first, now));
    }

    /// Returns the end of the present burst.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let (first, last) = self.burst?;
        let longest = self.quiet.saturating_mul(MAX_PERIODS);
        Some(
            last.saturating_add(self.quiet)
                .min(first.saturating_add(longest)),
        )
    }

    /// Whether the burst is over. Returns `true` once for each burst.
    pub(super) fn take(&mut self, now: Duration) -> bool {
        let over = self.deadline().is_some_and(|deadline| now >= deadline);
        if over {
            self.burst = None;
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_end_after_a_quiet_period() {
        // Times of events, and of the ends of bursts, in milliseconds with a quiet period of 10.
        let table: &[(&str, &[u64], &[u64])] = &[
            ("nothing", &[], &[]),
            ("one event", &[5], &[15]),
            ("a burst has one end", &[5, 9, 14], &[24]),
            ("two bursts", &[5, 6, 30], &[16, 40]),
            (
                "an event at the end starts another burst",
                &[5, 15],
                &[15, 25],
            ),
        ];
        for (case, events, expected) in table {
            assert_eq!(ends(events), *expected, "{case}");
        }
        let steady: Vec<u64> = (0..500).collect();
        assert_eq!(ends(&steady), [200, 400, 509], "events without a pause");
    }

    fn ends(events: &[u64]) -> Vec<u64> {
        let mut debounce = Debounce::new(Duration::from_millis(10));
        let mut ends = Vec::new();
        for now in 0..1000 {
            let time = Duration::from_millis(now);
            if debounce.take(time) {
                ends.push(now);
            }
            if events.contains(&now) {
                debounce.record(time);
            }
        }
        ends
    }
}
