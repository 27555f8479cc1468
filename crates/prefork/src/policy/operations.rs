//! Operations that are under way: a renewal, a rollout, the shutdown.

use serde::{Deserialize, Serialize};

use super::{
    event::{Action, ExitReason},
    ids::{Generation, Time, WorkerId},
};

/// The one replacement that is under way.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Renewal {
    pub(crate) worker: WorkerId,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Rollout {
    pub(crate) ticket: u64,
    pub(crate) from: Generation,
    pub(crate) to: Generation,
    /// Replace the supervisor as well.
    pub(crate) upgrade: bool,
    /// Why the slots go back to `from`.
    pub(crate) failure: Option<String>,
}

impl Rollout {
    pub(super) fn goal(&self) -> Generation {
        if self.failure.is_some() {
            self.from
        } else {
            self.to
        }
    }

    pub(super) fn ended(self, result: Result<Generation, String>) -> Action {
        Action::RolloutEnded {
            ticket: self.ticket,
            result,
        }
    }
}

/// The stop that is under way.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Stop {
    pub(super) end: ExitReason,
    /// The deadline after which remaining workers are killed.
    pub(super) kill_at: Time,
}
