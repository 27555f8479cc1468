//! When a burst of events is over. A pure value: it is told the time.

use std::time::Duration;

/// What never rests is not waited for longer than this many times the quiet that is wanted.
const PATIENCE: u32 = 20;

/// Times are those since some origin.
#[derive(Debug)]
pub(super) struct Debounce {
    quiet: Duration,
    /// The first and the last event that nobody was told of.
    burst: Option<(Duration, Duration)>,
}

impl Debounce {
    pub(super) fn new(quiet: Duration) -> Self {
        Self { quiet, burst: None }
    }

    /// Something happened.
    pub(super) fn stir(&mut self, now: Duration) {
        let first = self.burst.map_or(now, |(first, _)| first);
        self.burst = Some((first, now));
    }

    /// When the burst counts as over.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let (first, last) = self.burst?;
        let longest = self.quiet.saturating_mul(PATIENCE);
        Some(
            last.saturating_add(self.quiet)
                .min(first.saturating_add(longest)),
        )
    }

    /// Whether a burst is over; it is told once.
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
    fn bursts() {
        // Events at these milliseconds are told at those, with a quiet of 10 ms.
        let table: &[(&str, &[u64], &[u64])] = &[
            ("nothing", &[], &[]),
            ("one event", &[5], &[15]),
            ("a burst is told once, at its end", &[5, 9, 14], &[24]),
            ("two bursts", &[5, 6, 30], &[16, 40]),
            (
                "an event at the very end begins another",
                &[5, 15],
                &[15, 25],
            ),
        ];
        for (case, events, expected) in table {
            assert_eq!(told(events), *expected, "{case}");
        }
        let restless: Vec<u64> = (0..500).collect();
        assert_eq!(told(&restless), [200, 400, 509], "what never rests");
    }

    fn told(events: &[u64]) -> Vec<u64> {
        let mut debounce = Debounce::new(Duration::from_millis(10));
        let mut told = Vec::new();
        for now in 0..1000 {
            let time = Duration::from_millis(now);
            if debounce.take(time) {
                told.push(now);
            }
            if events.contains(&now) {
                debounce.stir(time);
            }
        }
        told
    }
}
