//! A worker's life: its start, its readiness, the watch over it, its end and its restart.

use std::time::Duration;

use super::{
    event::{Action, Exit, ExitReason, Signal, StopMode},
    ids::{Generation, TaskId, Time, WorkerId},
    slot::{Phase, Slot, Worker},
    state::Policy,
};
use crate::Restart;

const BACKOFF_FIRST: Duration = Duration::from_millis(100);
const BACKOFF_LAST: Duration = Duration::from_secs(5);

impl Policy {
    /// Puts a new worker in charge of an empty slot.
    pub(super) fn start(&mut self, task: TaskId, actions: &mut Vec<Action>, now: Time) {
        let generation = self.slots[&task].generation;
        let worker = self.spawn(task, generation, now, actions);
        let slot = self.slot(task);
        slot.retry_at = None;
        slot.renew = false;
        slot.worker = Some(worker);
    }

    pub(super) fn spawn(
        &mut self,
        task: TaskId,
        generation: Generation,
        now: Time,
        actions: &mut Vec<Action>,
    ) -> WorkerId {
        let worker = self.next_worker;
        self.next_worker += 1;
        let sets = self.sets_of(task);
        self.sets.extend(&sets);
        let give_up_at = now.saturating_add(self.rules().start_timeout);
        self.workers.insert(
            worker,
            Worker {
                task,
                generation,
                sets: sets.clone(),
                ready_at: None,
                exceeded: false,
                unready: None,
                late: false,
                phase: Phase::Starting { give_up_at },
            },
        );
        actions.push(Action::Spawn {
            worker,
            task,
            generation,
            sets,
        });
        worker
    }

    pub(super) fn slot(&mut self, task: TaskId) -> &mut Slot {
        self.slots
            .get_mut(&task)
            .expect("a slot stays while it has workers")
    }

    pub(super) fn ready(&mut self, id: WorkerId, now: Time, actions: &mut Vec<Action>) {
        let Some(worker) = self.workers.get_mut(&id) else {
            return;
        };
        if !matches!(worker.phase, Phase::Starting { .. }) {
            return;
        }
        worker.ready_at = Some(now);
        worker.phase = Phase::Ready { alive: None };
        if let Some(stop) = self.stop {
            worker.retire(id, Signal::Term, stop.kill_at, actions);
        }
        let (task, generation) = (worker.task, worker.generation);
        self.ever_ready = true;
        self.slot(task).fresh = false;
        if self
            .renewal
            .as_ref()
            .is_some_and(|renewal| renewal.worker == id)
        {
            self.renewed(task, id, generation, now, actions);
        }
    }

    pub(super) fn unready(&mut self, id: WorkerId, reason: String) {
        if let Some(worker) = self.workers.get_mut(&id) {
            worker.unready = Some(reason);
        }
    }

    pub(super) fn alive(&mut self, id: WorkerId, now: Time) {
        if let Some(Phase::Ready { alive }) =
            self.workers.get_mut(&id).map(|worker| &mut worker.phase)
        {
            *alive = Some(now);
        }
    }

    /// A worker is stuck when it is silent on a channel that works, and it has used that before.
    pub(super) fn silence_excused(&mut self, id: WorkerId, until: Option<Time>) {
        if let Some(Phase::Ready { alive }) =
            self.workers.get_mut(&id).map(|worker| &mut worker.phase)
            && alive.is_some()
        {
            *alive = until;
        }
    }

    /// A worker has ended, or could not be spawned.
    pub(super) fn gone(
        &mut self,
        id: WorkerId,
        exit: Result<Exit, String>,
        now: Time,
        actions: &mut Vec<Action>,
    ) {
        let Some(worker) = self.workers.remove(&id) else {
            return;
        };
        if self
            .renewal
            .as_ref()
            .is_some_and(|renewal| renewal.worker == id)
        {
            let mut reason = match exit {
                Ok(_) if worker.late => {
                    let limit = self.rules().start_timeout;
                    format!("the new worker was not ready within {limit:?}")
                }
                Ok(exit) => format!("the new worker ended before it was ready: {exit}"),
                Err(reason) => format!("the new worker could not be started: {reason}"),
            };
            if let Some(unready) = &worker.unready {
                reason = format!("{reason}; {unready}");
            }
            self.renewal_failed(worker.task, &worker, reason, now, actions);
            return;
        }
        let slot = self.slot(worker.task);
        if slot.worker != Some(id) {
            return;
        }
        slot.worker = None;
        if self.stop.is_some() || self.slots[&worker.task].leaving {
            return;
        }
        let is_clean = exit == Ok(Exit::Code(0)) && !worker.late;
        let is_final = match self.rules().restart {
            Restart::Always => false,
            Restart::OnFailure => is_clean,
            Restart::Never => true,
        };
        self.any_failed |= is_final && !is_clean;
        let slot = self.slot(worker.task);
        if is_final {
            slot.finished = true;
            slot.fresh = false;
            return;
        }
        if is_clean && worker.was_stable(now) {
            slot.streak = 0;
            slot.retry_at = Some(now);
            return;
        }
        if exit.is_err() && slot.fresh {
            self.close_set(worker.task, actions);
        }
        self.failed(worker.task, &worker, now, actions);
    }

    fn failed(&mut self, task: TaskId, worker: &Worker, now: Time, actions: &mut Vec<Action>) {
        let slot = self.slot(task);
        if std::mem::take(&mut slot.fresh) {
            slot.leaving = true;
            self.wanted = self.present();
            actions.push(Action::StopGrowing(self.wanted));
            return;
        }
        self.restarts += 1;
        let slot = self.slot(task);
        slot.restarts += 1;
        slot.boot_failed |= worker.ready_at.is_none();
        slot.streak = if worker.was_stable(now) {
            1
        } else {
            slot.streak + 1
        };
        slot.retry_at = Some(now.saturating_add(backoff(slot.streak)));
        if !self.ever_ready && self.slots.values().all(|slot| slot.boot_failed) {
            // No worker has a request to finish.
            self.stop(StopMode::Quick, ExitReason::NeverBooted, now, actions);
        } else if self
            .rules()
            .max_restarts
            .is_some_and(|limit| self.restarts > limit)
        {
            self.stop(StopMode::Graceful, ExitReason::GaveUp, now, actions);
        }
    }

    pub(super) fn enforce_deadlines(&mut self, now: Time, actions: &mut Vec<Action>) {
        let rules = self.rules();
        let (timeout, serves_early) = (rules.worker_timeout, rules.serves_early);
        let kill_at = now.saturating_add(rules.graceful_timeout);
        let kill_at = self.stop.map_or(kill_at, |stop| stop.kill_at);
        for (&id, worker) in &mut self.workers {
            if worker
                .deadline(timeout)
                .is_none_or(|deadline| now < deadline)
            {
                continue;
            }
            let is_starting = matches!(worker.phase, Phase::Starting { .. });
            worker.late |= is_starting;
            if is_starting && serves_early && now < kill_at {
                worker.retire(id, Signal::Term, kill_at, actions);
                continue;
            }
            if worker.is_ready() {
                actions.push(Action::Examine(id));
            }
            worker.kill(id, actions);
        }
    }

    pub(super) fn restart_due(&mut self, now: Time, actions: &mut Vec<Action>) {
        let due = |slot: &Slot| slot.retry_at.is_some_and(|at| now >= at);
        let tasks: Vec<TaskId> = self
            .slots
            .iter()
            .filter(|(_, slot)| due(slot))
            .map(|(&task, _)| task)
            .collect();
        for task in tasks {
            self.start(task, actions, now);
        }
    }
}

/// How long to wait after so many failures in a row. The first is forgiven.
fn backoff(streak: u32) -> Duration {
    match streak {
        0 | 1 => Duration::ZERO,
        _ => BACKOFF_FIRST
            .saturating_mul(1 << (streak - 2).min(16))
            .min(BACKOFF_LAST),
    }
}
