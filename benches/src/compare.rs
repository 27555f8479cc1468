//! Servers that take turns, and the table of what a request costs in each.
#![expect(clippy::print_stdout, reason = "the results are for people")]

use std::{fmt, time::Duration};

use crate::Result;

/// Figures of one server in one round.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Run {
    /// How many requests it answered.
    pub requests: f64,
    /// Of CPU time, for each request.
    pub microseconds: f64,
}

impl Run {
    /// Makes it of requests, or messages, and the CPU time that they took together.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "it is far below 2^52")]
    pub fn new(requests: u64, spent: Duration) -> Self {
        let requests = requests as f64;
        Self {
            requests,
            microseconds: spent.as_secs_f64() * 1e6 / requests,
        }
    }
}

/// The servers that are named, or simply all, and the first one in any case.
#[must_use]
pub fn chosen<'a, T>(servers: &[(&'a str, T)], names: &[&str]) -> Vec<&'a str> {
    let known = servers.iter().map(|(name, _)| *name).enumerate();
    let chosen = known.filter(|(i, name)| *i == 0 || names.is_empty() || names.contains(name));
    chosen.map(|(_, name)| name).collect()
}

/// Measures each server once a round, and compares it with the first of them.
///
/// # Errors
///
/// The first of `measure`.
pub fn compare(
    names: &[&str],
    rounds: usize,
    mut measure: impl FnMut(&str) -> Result<Run>,
) -> Result<()> {
    let mut runs: Vec<Vec<Run>> = names.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (runs, name) in runs.iter_mut().zip(names) {
            runs.push(measure(name).map_err(|error| format!("{name}: {error}"))?);
        }
    }
    println!(
        "{:<20} {:>9} {:>12} {:>9}",
        "server", "requests", "µs CPU each", "ratio"
    );
    for (name, own) in names.iter().zip(&runs) {
        let of_round = |(own, first): (&Run, &Run)| own.microseconds / first.microseconds;
        println!(
            "{name:<20} {:>9.0} {:>12.2} {:>9.3}",
            median(own.iter().map(|run| run.requests).collect()),
            median(own.iter().map(|run| run.microseconds).collect()),
            median(own.iter().zip(&runs[0]).map(of_round).collect()),
        );
    }
    println!();
    Ok(())
}

/// The number in the middle, of which there must be at least one.
#[must_use]
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len().is_multiple_of(2) {
        f64::midpoint(numbers[middle - 1], numbers[middle])
    } else {
        numbers[middle]
    }
}

/// The median of some numbers and how far they spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    median: f64,
    lowest: f64,
    highest: f64,
}

impl Summary {
    /// Summarizes numbers, of which there must be at least one.
    #[must_use]
    pub fn of(numbers: Vec<f64>) -> Self {
        Self {
            lowest: numbers.iter().copied().fold(f64::INFINITY, f64::min),
            highest: numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            median: median(numbers),
        }
    }
}

/// Shows three digits at least of the median, and the spread unless all numbers look the same.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = match self.median {
            100.0.. => 0,
            10.0..100.0 => 1,
            _ => 2,
        };
        let show = |number| format!("{number:.digits$}");
        let [median, lowest, highest] = [self.median, self.lowest, self.highest].map(show);
        if lowest == highest {
            f.write_str(&median)
        } else {
            write!(f, "{median} ({lowest}–{highest})")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Summary, median};

    #[test]
    fn summaries() {
        for (numbers, wanted) in [
            (vec![1.0], "1.00"),
            (vec![1.083, 1.0, 1.5], "1.08 (1.00–1.50)"),
            (vec![12.34, 20.0], "16.2 (12.3–20.0)"),
            (vec![153.2, 90.0, 200.0], "153 (90–200)"),
            (vec![1.001, 1.002], "1.00"),
        ] {
            assert_eq!(
                Summary::of(numbers.clone()).to_string(),
                wanted,
                "{numbers:?}"
            );
        }
    }

    #[test]
    fn medians() {
        for (numbers, wanted) in [
            (vec![3.0], 3.0),
            (vec![3.0, 1.0], 2.0),
            (vec![9.0, 1.0, 2.0], 2.0),
            (vec![4.0, 1.0, 2.0, 3.0], 2.5),
        ] {
            assert!(
                (median(numbers.clone()) - wanted).abs() < 1e-9,
                "{numbers:?}"
            );
        }
    }
}
