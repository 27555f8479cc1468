//! "Never" as a duration: `Duration::MAX` and its like in every setting, at any time.

use std::time::Duration;

use proptest::{collection::vec, prelude::*, sample::select};

use super::{Sharing, StopMode, rules};
use crate::policy::{Event, Exit, Policy};

fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        select(vec![
            Duration::MAX,
            Duration::from_secs(u64::MAX),
            Duration::from_millis(u64::MAX),
            Duration::from_nanos(1),
            Duration::ZERO,
        ]),
        (0..60_000_u64).prop_map(Duration::from_millis),
        any::<Duration>(),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let worker = 1..8_u64;
    prop_oneof![
        worker.clone().prop_map(Event::Ready),
        worker.clone().prop_map(Event::Alive),
        (worker.clone(), 0..2).prop_map(|(id, code)| Event::Exited(id, Exit::Code(code))),
        (worker, any::<u64>(), any::<u64>()).prop_map(|(worker, requests, rss)| Event::Measured {
            worker,
            requests,
            rss
        }),
        Just(Event::Reload),
        (0..4_usize).prop_map(Event::Scale),
        Just(Event::Tick),
        Just(Event::Stop(StopMode::Graceful)),
    ]
}

proptest! {
    #[test]
    fn no_duration_overflows(
        timeouts in (duration(), duration(), duration()),
        limits in (any::<u64>(), any::<u64>(), any::<u64>()),
        steps in vec((event(), duration()), 0..40),
    ) {
        for sharing in [Sharing::One, Sharing::Group, Sharing::Apart] {
            let mut rules = rules(sharing);
            (rules.start_timeout, rules.graceful_timeout) = (timeouts.0, timeouts.1);
            rules.worker_timeout = Some(timeouts.2);
            rules.max_requests = Some(limits.0);
            rules.max_requests_jitter = limits.1;
            rules.max_rss = Some(limits.2);
            let mut policy = Policy::new(rules);
            let mut now = Duration::ZERO;
            policy.handle(Event::Start(2), now);
            for (event, later) in &steps {
                now = now.saturating_add(*later);
                policy.handle(event.clone(), now);
                policy.deadline();
            }
        }
    }
}
