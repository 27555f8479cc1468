//! A task id and its workers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    event::{Action, QUICK_TIMEOUT, Rules, Signal},
    ids::{Generation, TaskId, Time, WorkerId},
};

/// A worker that was ready this long failed for a new reason.
const STABLE: Duration = Duration::from_secs(1);

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Slot {
    /// The generation that a crashed worker is restarted from.
    pub(crate) generation: Generation,
    /// The worker in charge.
    pub(crate) worker: Option<WorkerId>,
    pub(crate) restarts: u32,
    /// Failures in a row.
    pub(crate) streak: u32,
    pub(crate) boot_failed: bool,
    pub(crate) retry_at: Option<Time>,
    /// Its worker ended by itself with exit status 0.
    pub(crate) finished: bool,
    /// Added while others served, and not yet ready for the first time.
    pub(crate) fresh: bool,
    /// To go as soon as another slot accepts from its set.
    pub(crate) leaving: bool,
    /// Replace the worker in charge by one of the same generation.
    pub(crate) renew: bool,
    pub(crate) rest_until: Time,
    /// Workers in a row that exceeded `max_rss` soon after their start.
    #[serde(default)]
    pub(crate) exceeded_early: u32,
    /// Its own set has left the group; it accepts from this one.
    #[serde(rename = "lodging")]
    pub(crate) takeover: Option<usize>,
}

impl Slot {
    pub(crate) fn new(generation: Generation) -> Self {
        Self {
            generation,
            ..Self::default()
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Worker {
    pub(crate) task: TaskId,
    pub(crate) generation: Generation,
    pub(crate) sets: Vec<usize>,
    pub(crate) ready_at: Option<Time>,
    /// It was found above `max_rss`.
    #[serde(default)]
    pub(crate) exceeded: bool,
    /// Why it is not ready, if it was checked.
    #[serde(default)]
    pub(crate) unready: Option<String>,
    /// It was not ready in time.
    #[serde(default)]
    pub(crate) late: bool,
    pub(crate) phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    Starting {
        give_up_at: Time,
    },
    Ready {
        /// The last sign of its event loop. Without a first one it is not watched.
        alive: Option<Time>,
    },
    Stopping {
        kill_at: Time,
    },
    Killed,
}

impl Worker {
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready { .. })
    }

    /// Whether it served long enough that its end has nothing to do with its start.
    pub(super) fn was_stable(&self, now: Time) -> bool {
        self.ready_at
            .is_some_and(|at| now.saturating_sub(at) >= STABLE)
    }

    /// When it will have to be killed.
    pub(super) fn deadline(&self, worker_timeout: Option<Duration>) -> Option<Time> {
        match self.phase {
            Phase::Starting { give_up_at } => Some(give_up_at),
            Phase::Ready { alive } => Some(alive?.saturating_add(worker_timeout?)),
            Phase::Stopping { kill_at } => Some(kill_at),
            Phase::Killed => None,
        }
    }

    /// The timeout that `deadline` is the end of. After a signal, one that is not longer.
    pub(super) fn timeout(&self, rules: &Rules) -> Option<Duration> {
        match self.phase {
            Phase::Starting { .. } => Some(rules.start_timeout),
            Phase::Ready { alive } => rules.worker_timeout.filter(|_| alive.is_some()),
            Phase::Stopping { .. } => Some(rules.graceful_timeout.min(QUICK_TIMEOUT)),
            Phase::Killed => None,
        }
    }

    pub(super) fn retire(
        &mut self,
        id: WorkerId,
        signal: Signal,
        kill_at: Time,
        actions: &mut Vec<Action>,
    ) {
        match (self.phase, signal) {
            (Phase::Killed, _) => {}
            (_, Signal::Kill) => self.kill(id, actions),
            (Phase::Stopping { kill_at: earlier }, Signal::Term) => {
                self.phase = Phase::Stopping {
                    kill_at: earlier.min(kill_at),
                };
            }
            _ => {
                self.phase = Phase::Stopping { kill_at };
                actions.push(Action::Signal(id, signal));
            }
        }
    }

    pub(super) fn kill(&mut self, id: WorkerId, actions: &mut Vec<Action>) {
        self.phase = Phase::Killed;
        actions.push(Action::Signal(id, Signal::Kill));
    }
}
