//! Events that the policy handles, and actions that it returns.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::{Generation, TaskId, WorkerId};
use crate::Restart;

/// The settings that the policy depends on.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) sharing: Sharing,
    /// Workers accept from the first socket of an address alone, as most other programs do.
    pub(crate) takes_one_socket: bool,
    pub(crate) restart: Restart,
    pub(crate) start_timeout: Duration,
    pub(crate) graceful_timeout: Duration,
    pub(crate) worker_timeout: Option<Duration>,
    pub(crate) max_restarts: Option<u32>,
    pub(crate) max_requests: Option<u64>,
    pub(crate) max_requests_jitter: u64,
    pub(crate) max_rss: Option<u64>,
    /// A worker accepts connections of clients before it counts as ready, so that it gets SIGTERM
    /// when it is late.
    pub(crate) serves_early: bool,
    pub(crate) max_slots: usize,
}

/// Which worker accepts from which set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// Every worker accepts from set 0.
    One,
    /// A set for each slot, all in one SO_REUSEPORT group: a set without a worker costs clients.
    Group,
    /// A set for each slot on a port of its own: a client of a dead slot's port is refused,
    /// rightly.
    Apart,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Code(i32),
    Signal(i32),
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit status {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Start(usize),
    SpawnFailed(WorkerId, String),
    Ready(WorkerId),
    /// The worker is not ready, for this reason.
    Unready(WorkerId, String),
    Alive(WorkerId),
    /// The worker's notices could not arrive until now: its silence before does not count.
    ChannelRestored(WorkerId),
    /// The worker's notices cannot arrive: it is not watched before the next one.
    ChannelLost(WorkerId),
    Exited(WorkerId, Exit),
    Measured {
        worker: WorkerId,
        requests: u64,
        rss: u64,
    },
    Reload,
    Upgrade,
    Scale(usize),
    Stop(StopMode),
    /// All pending events are processed: enforce deadlines.
    Tick,
}

/// The time that a worker gets after SIGINT.
pub(super) const QUICK_TIMEOUT: Duration = Duration::from_secs(2);

/// How workers end in a shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopMode {
    /// Workers finish what they have.
    Graceful,
    /// Workers drop what they have, and clean up.
    Quick,
    /// Workers are killed.
    Immediate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Term,
    Int,
    Kill,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Spawn {
        worker: WorkerId,
        task: TaskId,
        generation: Generation,
        sets: Vec<usize>,
    },
    Signal(WorkerId, Signal),
    /// The worker's event loop stands still: log where, before it is killed.
    Examine(WorkerId),
    /// A worker exceeds `max_rss`, first noticed at this age. It is replaced after the pause.
    ExceededMemory {
        worker: WorkerId,
        rss: u64,
        limit: u64,
        age: Duration,
        pause: Duration,
    },
    /// The set leaves the group: no worker accepts from it.
    CloseSet(usize),
    /// The workers alone keep the sets from now on, and no more will be started.
    ReleaseSockets,
    /// The slot that was added failed: it stays at so many.
    StopGrowing(usize),
    RolloutEnded {
        ticket: u64,
        result: Result<Generation, String>,
    },
    /// Every slot runs the new generation: the supervisor itself may follow.
    ReplaceSupervisor,
    End(ExitReason),
}

/// Why the supervisor ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ExitReason {
    Finished,
    /// All workers have ended, one with a failure, and none is to be restarted.
    Failed,
    Stopped,
    NeverBooted,
    GaveUp,
}
