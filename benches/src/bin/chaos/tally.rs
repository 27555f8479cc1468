//! Outcomes of requests: answered, lost, or lost with a killed worker.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::client::Protocol;

/// Counted by all clients.
pub(crate) struct Tally(Mutex<Outcomes>);

#[derive(Default)]
struct Outcomes {
    answered: BTreeMap<&'static str, u64>,
    /// Client ports of connections that killed workers had accepted.
    killed: BTreeSet<u16>,
    lost_with_worker: u64,
    complaints: Vec<String>,
}

/// More complaints than these repeat the first.
const MAX_COMPLAINTS: usize = 20;

impl Tally {
    pub(crate) fn new() -> Self {
        Self(Mutex::default())
    }

    pub(crate) fn answered(&self, name: &'static str) {
        *self.lock().answered.entry(name).or_default() += 1;
    }

    /// Excuses the requests on connections that a worker takes along when it is killed.
    pub(crate) fn killed(&self, ports: impl IntoIterator<Item = u16>) {
        self.lock().killed.extend(ports);
    }

    /// Counts a request without a response; it is excused when its worker was killed.
    pub(crate) fn lost(&self, protocol: Protocol, name: &str, port: Option<u16>, error: &str) {
        let mut outcomes = self.lock();
        if port.is_some_and(|port| outcomes.killed.remove(&port)) {
            outcomes.lost_with_worker += 1;
        } else {
            outcomes.complain(format!("lost: {protocol:?} {name}: {error}"));
        }
    }

    pub(crate) fn wrong(&self, protocol: Protocol, name: &str, difference: &str) {
        self.lock()
            .complain(format!("wrong: {protocol:?} {name}: {difference}"));
    }

    pub(crate) fn has_failed(&self) -> bool {
        !self.lock().complaints.is_empty()
    }

    pub(crate) fn complaints(&self) -> Vec<String> {
        let outcomes = self.lock();
        let mut complaints = outcomes.complaints.clone();
        if outcomes.answered.len() < 8 {
            complaints.push("a kind of request was never answered".to_owned());
        }
        complaints
    }

    fn lock(&self) -> MutexGuard<'_, Outcomes> {
        // Counters stay true when a client panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outcomes {
    fn complain(&mut self, complaint: String) {
        if self.complaints.len() < MAX_COMPLAINTS {
            self.complaints.push(complaint);
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcomes = self.lock();
        for (name, count) in &outcomes.answered {
            writeln!(f, "  {name:<22}{count:>9}")?;
        }
        writeln!(
            f,
            "  {:<22}{:>9}",
            "lost with a killed one", outcomes.lost_with_worker
        )?;
        writeln!(
            f,
            "  {:<22}{:>9}",
            "lost or wrong",
            outcomes.complaints.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn killed_worker_excuses_one_loss_per_connection() {
        let tally = Tally::new();
        tally.killed([7]);
        tally.lost(Protocol::Http1, "user", Some(7), "reset");
        assert!(!tally.has_failed());
        tally.lost(Protocol::Http1, "user", Some(7), "reset");
        assert!(tally.has_failed());
    }

    #[test]
    fn loss_without_a_kill_is_a_complaint() {
        for port in [Some(8), None] {
            let tally = Tally::new();
            tally.killed([7]);
            tally.lost(Protocol::Http2, "echo", port, "reset");
            assert!(tally.complaints()[0].contains("lost: Http2 echo: reset"));
        }
    }
}
