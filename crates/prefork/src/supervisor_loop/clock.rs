//! The clock of the supervisor's deadlines, which leaves out standstills of the machine.
//!
//! A frozen container and a paused virtual machine stop supervisor and workers alike, so a worker
//! that sends no notices meanwhile is not stuck. A standstill shows in the turns of the loop. The
//! loop sleeps for at most half of the time that a turn may take, so a longer turn overslept, and
//! the excess does not count. A turn may take an eighth of the shortest timeout. A worker loses that
//! much at most in a standstill, and it sends a notice in each half of the timeout.
//!
//! A supervisor that is busy for longer than a turn may take looks the same, and kills a stuck
//! worker later by the excess. A part of each turn counts, so the worker is killed in the end.

use std::time::{Duration, Instant};

use crate::policy::Time;

/// The longest turn as a part of the shortest timeout.
const PARTS: u32 = 8;
/// The loop turns at least once in half of this, to measure workers once a second.
const LONGEST: Duration = Duration::from_secs(2);
/// Shorter turns would cost more than timeouts as short as that are worth.
const SHORTEST: Duration = Duration::from_millis(20);

/// The time since the first supervisor of the service started, without standstills.
pub(super) struct Clock {
    now: Time,
    turned_at: Instant,
    longest_turn: Duration,
}

impl Clock {
    /// Starts the clock, at `at`, with a time, which is that of the supervisor before this one, or
    /// zero.
    pub(super) fn start(now: Time, at: Instant) -> Self {
        Self {
            now,
            turned_at: at,
            longest_turn: LONGEST,
        }
    }

    /// Returns the time at which this turn began. All events of a turn have this time, so that
    /// deadlines that are set in a turn include none of a standstill before.
    pub(super) fn now(&self) -> Time {
        self.now
    }

    /// Returns how long to wait for a deadline, from `at` on, while workers are under timeouts.
    pub(super) fn wait(
        &mut self,
        deadline: Time,
        shortest_timeout: Option<Duration>,
        at: Instant,
    ) -> Duration {
        self.longest_turn = shortest_timeout.map_or(LONGEST, |timeout| {
            (timeout / PARTS).clamp(SHORTEST, LONGEST)
        });
        let now = self.now + at.saturating_duration_since(self.turned_at);
        deadline.saturating_sub(now).min(self.longest_turn / 2)
    }

    /// Begins a turn at `at`: adds the time of the last turn, but for the excess.
    pub(super) fn turn(&mut self, at: Instant) {
        let elapsed = at.saturating_duration_since(self.turned_at);
        self.now += elapsed.min(self.longest_turn);
        self.turned_at = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Action, Event, Policy, Rules, Sharing, Signal, tests};

    const TIMEOUT: u64 = 500;
    /// In milliseconds, as all times here.
    const END: usize = 10_000;

    /// A machine with a supervisor and one worker.
    struct Machine {
        /// The milliseconds in which it runs.
        runs: Vec<usize>,
        /// How long the supervisor works in each turn.
        work: usize,
    }

    impl Machine {
        fn new(work: usize, pauses: &[(usize, usize)]) -> Self {
            let mut runs: Vec<usize> = (0..END).collect();
            for &(from, length) in pauses {
                runs.retain(|&at| at < from || at >= from + length);
            }
            Self { runs, work }
        }

        /// Returns when the machine runs next, from `at` on.
        fn next(&self, at: usize) -> Option<usize> {
            let index = self.runs.partition_point(|&run| run < at);
            self.runs.get(index).copied()
        }

        /// Returns when `work` is done that begins at `at`.
        fn worked(&self, at: usize) -> Option<usize> {
            let index = self.runs.partition_point(|&run| run < at);
            self.runs.get(index + self.work).copied()
        }

        /// Returns when the supervisor kills a worker that sends notices until `hangs_at`, twice in
        /// each timeout of the time that it runs.
        fn killed_at(&self, hangs_at: usize) -> Option<usize> {
            let mut notices = self.runs.iter().step_by(TIMEOUT as usize / 2).copied();
            let mut notice = notices.next();
            let origin = Instant::now();
            let instant = |at: usize| origin + Duration::from_millis(at as u64);
            let mut clock = Clock::start(Time::ZERO, origin);
            let mut policy = Policy::new(rules());
            policy.handle(Event::Start(1), clock.now());
            policy.handle(Event::Ready(1), clock.now());
            let mut at = 0;
            loop {
                let deadline = policy.deadline().unwrap_or(Duration::MAX);
                let wait = clock.wait(deadline, policy.shortest_timeout(), instant(at));
                let timeout = at + wait.as_millis() as usize + 1;
                let woken_at = notice.map_or(timeout, |notice| notice.clamp(at, timeout));
                let turned_at = self.next(woken_at)?;
                clock.turn(instant(turned_at));
                at = self.worked(turned_at)?;
                while let Some(sent) = notice.filter(|&sent| sent <= at) {
                    if sent < hangs_at {
                        policy.handle(Event::Alive(1), clock.now());
                    }
                    notice = notices.next();
                }
                let actions = policy.handle(Event::Tick, clock.now());
                if actions.contains(&Action::Signal(1, Signal::Kill)) {
                    return Some(at);
                }
            }
        }
    }

    fn rules() -> Rules {
        Rules {
            worker_timeout: Some(Duration::from_millis(TIMEOUT)),
            ..tests::rules(Sharing::One)
        }
    }

    fn every(interval: usize, length: usize) -> Vec<(usize, usize)> {
        (interval..END)
            .step_by(interval)
            .map(|from| (from, length))
            .collect()
    }

    #[test]
    fn worker_that_sends_notices_is_not_killed() {
        let cases = [
            ("a machine that runs", 0, vec![]),
            ("a pause longer than the timeout", 0, vec![(1_100, 800)]),
            ("a container that is frozen", 0, vec![(1_100, 6_000)]),
            ("pauses again and again", 0, every(2_500, 800)),
            ("a machine that hardly runs", 0, every(1_000, 800)),
            ("a busy supervisor", 300, vec![]),
            ("pauses of a busy supervisor", 300, every(2_500, 800)),
        ];
        for (name, work, pauses) in cases {
            let machine = Machine::new(work, &pauses);
            assert_eq!(machine.killed_at(END), None, "{name}");
        }
    }

    #[test]
    fn worker_that_sends_notices_survives_a_pause_at_any_time() {
        for work in [0, 1, 7] {
            for from in 1_000..1_600 {
                let machine = Machine::new(work, &[(from, 800)]);
                assert_eq!(machine.killed_at(END), None, "{work} {from}");
            }
        }
    }

    #[test]
    fn stuck_worker_is_killed_after_the_timeout_of_running_time() {
        // Its last notice is that of 1,000.
        let cases = [
            ("a machine that runs", 0, vec![], 1_500..=1_502),
            ("one pause", 0, vec![(1_100, 800)], 2_240..=2_302),
            (
                "a container that is frozen",
                0,
                vec![(1_100, 6_000)],
                7_440..=7_502,
            ),
            (
                "pauses again and again",
                0,
                every(1_200, 800),
                2_240..=2_302,
            ),
            ("a slow supervisor", 30, vec![], 1_500..=1_560),
            ("a busy supervisor", 300, vec![], 1_500..=4_000),
        ];
        for (name, work, pauses, expected) in cases {
            let killed_at = Machine::new(work, &pauses).killed_at(1_001);
            assert!(
                killed_at.is_some_and(|at| expected.contains(&at)),
                "{name}: {killed_at:?}, not {expected:?}"
            );
        }
    }

    #[test]
    fn waits_are_short_only_under_short_timeouts() {
        let millis = Duration::from_millis;
        for (timeout, expected) in [
            (None, millis(1_000)),
            (Some(Duration::MAX), millis(1_000)),
            (Some(millis(30_000)), millis(1_000)),
            (Some(millis(2_000)), millis(125)),
            (Some(millis(1)), millis(10)),
            (Some(millis(0)), millis(10)),
        ] {
            let at = Instant::now();
            let mut clock = Clock::start(Time::ZERO, at);
            let wait = clock.wait(Duration::MAX, timeout, at);
            assert_eq!(wait, expected, "{timeout:?}");
        }
        let at = Instant::now();
        let mut clock = Clock::start(millis(70), at);
        assert_eq!(clock.wait(millis(100), None, at + millis(10)), millis(20));
        assert_eq!(clock.wait(millis(100), None, at + millis(40)), millis(0));
    }
}
