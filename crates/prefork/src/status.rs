//! The status of a service and its workers, as data to be rendered.

use rustix::process::getpid;
use serde::{Deserialize, Serialize};

use crate::{Counters, process::usage::Usage};

/// The whole service at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Status {
    /// The supervisor's process id.
    pub pid: u32,
    /// Where the workers listen.
    pub listen: Vec<String>,
    /// How many workers there are to be.
    pub processes: usize,
    /// The executable that new workers run, counted from 1.
    pub generation: u64,
    /// `starting`, `running`, `reloading` or `stopping`.
    pub state: String,
    /// Milliseconds since the supervisor started.
    pub uptime: u64,
    /// Restarts of workers that failed, since the supervisor started.
    pub restarts: u32,
    /// Why the last reload failed, unless it succeeded.
    pub reload_error: Option<String>,
    /// One entry per process, by task id; a worker that retires comes after its successor.
    pub workers: Vec<WorkerStatus>,
    /// Totals of the workers that have ended.
    pub gone: Counters,
}

impl Status {
    /// The status of a process that has no supervisor and is its own only worker.
    #[must_use]
    pub fn of_this_process(counters: Counters) -> Self {
        let usage = Usage::of(getpid()).unwrap_or_default();
        let pid = std::process::id();
        Self {
            pid,
            processes: 1,
            generation: 1,
            state: "running".to_owned(),
            workers: vec![WorkerStatus {
                pid,
                generation: 1,
                state: "ready".to_owned(),
                rss: usage.rss,
                cpu: usage.cpu,
                counters,
                ..WorkerStatus::default()
            }],
            ..Self::default()
        }
    }

    /// Returns the totals of all workers since the supervisor started.
    #[must_use]
    pub fn total(&self) -> Counters {
        let mut total = self.gone.clone();
        for worker in &self.workers {
            total.add(&worker.counters);
        }
        total
    }
}

/// One worker at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WorkerStatus {
    /// 0…n-1, kept across restarts.
    pub task_id: usize,
    /// Its process id, or 0 while there is none.
    pub pid: u32,
    /// The executable it runs.
    pub generation: u64,
    /// `starting`, `ready`, `stopping`, `failing` (waits for its next start) or `finished`.
    pub state: String,
    /// Milliseconds since it started.
    pub uptime: u64,
    /// How often this task id was restarted after a failure.
    pub restarts: u32,
    /// Its status text (`STATUS=`).
    pub note: Option<String>,
    /// Resident memory, in bytes.
    pub rss: u64,
    /// Processor time used, in milliseconds.
    pub cpu: u64,
    /// Its totals since it started.
    pub counters: Counters,
}
