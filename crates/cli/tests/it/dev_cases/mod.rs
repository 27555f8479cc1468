//! Cases of `squall dev`: small real projects under a real cargo, each in a few lines.
//!
//! They run in parallel, a few at a time. `SQUALL_CASE=part cargo test …` runs those whose name
//! contains the part.

mod feedback;
mod lab;
mod processes;
mod runs;
mod terminal;
mod watched;

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
    thread,
    time::Instant,
};

use lab::Lab;

/// How many cases run at a time.
const PARALLEL: usize = 4;

/// A case: its name, which is a fact, and its function.
type Case = (&'static str, fn(&Lab));

/// Names a function's case after the function.
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        pub(super) const CASES: &[super::Case] = &[$((stringify!($name), $name)),*];
    };
}
pub(crate) use cases;

#[expect(clippy::print_stderr, reason = "the time of each case")]
fn run_all(cases: &[Case]) {
    let part = env::var("SQUALL_CASE").unwrap_or_default();
    let left: Vec<_> = cases
        .iter()
        .filter(|(name, _)| name.contains(&part))
        .collect();
    let left = Mutex::new(left);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                loop {
                    let next = left.lock().unwrap_or_else(PoisonError::into_inner).pop();
                    let Some((name, case)) = next else { return };
                    let began = Instant::now();
                    let result = catch_unwind(AssertUnwindSafe(|| case(&Lab::new())));
                    let verdict = if result.is_ok() { "ok" } else { "FAILED" };
                    eprintln!("{name}: {verdict}, {:.1} s", began.elapsed().as_secs_f32());
                    if result.is_err() {
                        failed
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push(*name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn cargo_rebuilds_are_seen() {
    run_all(watched::CASES);
}

#[test]
fn program_is_that_of_cargo_run() {
    run_all(runs::CASES);
}

#[test]
fn no_process_is_left() {
    run_all(processes::CASES);
}

#[test]
fn own_changes_start_nothing() {
    run_all(feedback::CASES);
}

#[test]
fn terminal_is_shared_with_others() {
    run_all(terminal::CASES);
}
