//! Builds the `Status` of the service.

use super::{Process, SupervisorLoop, pid_number};
use crate::{
    Status, WorkerStatus,
    policy::{Phase, Slot, TaskId, Time, Worker},
};

impl SupervisorLoop {
    pub(super) fn status(&self) -> Status {
        let now = self.clock.now();
        let mut workers: Vec<WorkerStatus> = Vec::new();
        for (&task, slot) in &self.policy.slots {
            let ids = self
                .policy
                .workers
                .iter()
                .rev()
                .filter(|(_, worker)| worker.task == task);
            let before = workers.len();
            for (id, worker) in ids {
                if let Some(process) = self.workers.get(id) {
                    workers.push(of_worker(slot, worker, process, now));
                }
            }
            if slot.worker.is_none() && before == workers.len() {
                workers.push(of_empty(task, slot));
            }
        }
        Status {
            pid: std::process::id(),
            listen: self
                .sockets
                .addresses()
                .iter()
                .map(ToString::to_string)
                .collect(),
            processes: self.policy.size(),
            generation: self.policy.generation,
            state: self.state().to_owned(),
            uptime: millis(now),
            restarts: self.policy.restarts,
            reload_error: self.reload_error.clone(),
            workers,
            gone: self.gone.clone(),
        }
    }

    fn state(&self) -> &'static str {
        if self.policy.is_stopping() {
            "stopping"
        } else if self.policy.is_rolling_out() {
            "reloading"
        } else if self.policy.all_ready() {
            "running"
        } else {
            "starting"
        }
    }
}

fn of_worker(slot: &Slot, worker: &Worker, process: &Process, now: Time) -> WorkerStatus {
    let state = match worker.phase {
        Phase::Starting { .. } => "starting",
        Phase::Ready { .. } => "ready",
        Phase::Stopping { .. } | Phase::Killed => "stopping",
    };
    WorkerStatus {
        task_id: worker.task,
        pid: pid_number(process.pid),
        generation: worker.generation,
        state: state.to_owned(),
        uptime: millis(now.saturating_sub(process.started)),
        restarts: slot.restarts,
        note: process.note.clone(),
        rss: process.usage.rss,
        cpu: process.usage.cpu,
        counters: process.counters.clone(),
    }
}

fn of_empty(task: TaskId, slot: &Slot) -> WorkerStatus {
    WorkerStatus {
        task_id: task,
        generation: slot.generation,
        state: if slot.finished { "finished" } else { "failing" }.to_owned(),
        restarts: slot.restarts,
        ..WorkerStatus::default()
    }
}

fn millis(time: Time) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
