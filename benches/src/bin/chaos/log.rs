//! The service's log: read all the time, searched for what must not be there.

use std::{
    io::{BufRead, BufReader, Read},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// Lines that no fault excuses.
const FORBIDDEN: &[&str] = &[
    "panicked at",
    "event loop stands still",
    "gave up",
    "cannot be made again",
    "cannot replace the supervisor",
];

/// The page of the example that panics on purpose.
const EXPECTED: &str = "examples/friendfeed/pages.rs";

/// The last lines are kept for a report.
const KEPT: usize = 40;

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Found>>);

#[derive(Default)]
struct Found {
    last: Vec<String>,
    forbidden: Vec<String>,
}

impl Log {
    /// Reads the stream in a thread of its own, so that the service is never held up.
    pub(crate) fn follow(stream: impl Read + Send + 'static) -> Self {
        let log = Self::default();
        let found = log.clone();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                found.line(line);
            }
        });
        log
    }

    fn line(&self, line: String) {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_forbidden = FORBIDDEN.iter().any(|text| line.contains(text));
        if is_forbidden && !line.contains(EXPECTED) {
            found.forbidden.push(line.clone());
        }
        // Neither the access log nor backtraces.
        if !line.contains("squall::access") && !line.starts_with(' ') {
            if found.last.len() == KEPT {
                found.last.remove(0);
            }
            found.last.push(line);
        }
    }

    pub(crate) fn forbidden(&self) -> Vec<String> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.forbidden.clone()
    }

    pub(crate) fn last(&self) -> String {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.last.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unexpected_panics_are_forbidden() {
        let log = Log::default();
        for (line, forbidden) in [
            (
                "thread 'main' panicked at crates/squall/examples/friendfeed/pages.rs:88:5:",
                0,
            ),
            ("INFO a line", 0),
            (
                "thread 'main' panicked at crates/server/src/connection/io.rs:1:1:",
                1,
            ),
        ] {
            log.line(line.to_owned());
            assert_eq!(log.forbidden().len(), forbidden, "{line}");
        }
    }
}
