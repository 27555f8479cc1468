//! Waiting for a fact, with a limit that only a broken program reaches.

use std::time::{Duration, Instant};

/// How long a fact may take to come about on a slow, busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// Returns as soon as `condition` holds; asks every few milliseconds.
///
/// # Panics
///
/// After 30 seconds, naming `what` it waited for.
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    wait_for(what, || condition().then_some(()));
}

/// Returns what `probe` found as soon as it finds something; asks every few milliseconds.
///
/// # Panics
///
/// After 30 seconds, naming `what` it waited for.
#[track_caller]
pub fn wait_for<T>(what: &str, probe: impl FnMut() -> Option<T>) -> T {
    match wait_at_most(LIMIT, probe) {
        Some(found) => found,
        None => panic!("waited {LIMIT:?} in vain: {what}"),
    }
}

/// Asks `probe` until it finds something or `limit` has passed.
pub(crate) fn wait_at_most<T>(limit: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = probe() {
            return Some(found);
        }
        if start.elapsed() >= limit {
            return None;
        }
        pause();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that the ban sends everybody to"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(3));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_until_the_fact_is_there() {
        let mut asked = 0;
        let found = wait_for("the third time", || {
            asked += 1;
            (asked == 3).then_some("found")
        });
        assert_eq!((found, asked), ("found", 3));
    }

    #[test]
    fn gives_up_at_the_limit() {
        assert_eq!(wait_at_most(Duration::ZERO, || None::<()>), None);
    }
}
