//! Standstills of the machine, which let deadlines pass although nothing is wrong.

use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// Runs `attempt`, and again for as long as it fails while this process stands still for `limit`
/// or longer, as when a virtual machine is paused. For deadlines that a test cannot set, such as
/// those of another program; a test that can set its deadlines chooses longer ones instead.
///
/// # Errors
///
/// That of an attempt without a standstill, or of the tenth.
pub fn despite_standstills<T, E>(
    limit: Duration,
    mut attempt: impl FnMut() -> Result<T, E>,
) -> Result<T, E> {
    const ATTEMPTS: usize = 10;
    for _ in 1..ATTEMPTS {
        let (result, longest) = watched(&mut attempt);
        if result.is_ok() || longest < limit {
            return result;
        }
        print(longest);
    }
    attempt()
}

/// Runs `work`; returns its result, and the longest time for which this process did not run.
fn watched<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    const INTERVAL: Duration = Duration::from_millis(5);
    let (ends, end) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        let (mut longest, mut before) = (Duration::ZERO, Instant::now());
        loop {
            let is_over = end.recv_timeout(INTERVAL) != Err(RecvTimeoutError::Timeout);
            longest = longest.max(before.elapsed());
            if is_over {
                return longest;
            }
            before = Instant::now();
        }
    });
    let result = work();
    drop(ends);
    (result, watch.join().expect("it does not panic"))
}

#[expect(
    clippy::print_stderr,
    reason = "it explains why a test takes longer, if that fails"
)]
fn print(longest: Duration) {
    eprintln!("the machine stood still for {longest:?}: the failed attempt is made again");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails, and succeeds from the third attempt on.
    fn attempts() -> impl FnMut() -> Result<usize, usize> {
        let mut made = 0;
        move || {
            made += 1;
            if made < 3 { Err(made) } else { Ok(made) }
        }
    }

    #[test]
    fn fails_without_a_standstill() {
        assert_eq!(despite_standstills(Duration::MAX, attempts()), Err(1));
    }

    #[test]
    fn tries_again_after_a_standstill() {
        assert_eq!(despite_standstills(Duration::ZERO, attempts()), Ok(3));
    }

    #[test]
    fn gives_up_in_the_end() {
        let mut made = 0;
        let never = || {
            made += 1;
            Err::<(), _>("no")
        };
        assert_eq!(despite_standstills(Duration::ZERO, never), Err("no"));
        assert_eq!(made, 10);
    }
}
