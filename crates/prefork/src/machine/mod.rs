//! Decides what the supervisor does next: `(state, event at a time) → actions`, without clock or I/O.
//!
//! The words: a *slot* is a task id and has one worker in charge. A *set* is the sockets of one slot.
//! A *generation* is one executable as it was on disk at one moment. A *renewal* replaces the worker
//! in charge of a slot by a new one, new first; a *rollout* renews every slot to one generation.

mod cover;
mod event;
mod recycle;
mod renewal;
mod scale;
mod slot;
mod stop;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Restart;

pub(crate) use event::{Action, Event, Exit, ExitReason, Rules, Sharing, Signal, StopMode};
use renewal::{Renewal, Rollout};
pub(crate) use slot::{Phase, Slot, Worker};
use stop::Stop;

/// Time since the first supervisor of this process id started.
pub(crate) type Time = Duration;

pub(crate) type WorkerId = u64;
pub(crate) type TaskId = usize;
pub(crate) type Generation = u64;

/// Failures in a row after which a slot's queue is given to another slot.
const PATIENCE: u32 = 3;
/// A worker that was ready this long failed for a new reason.
const STABLE: Duration = Duration::from_secs(1);
const BACKOFF_FIRST: Duration = Duration::from_millis(100);
const BACKOFF_LAST: Duration = Duration::from_secs(5);
/// A renewal that failed is not tried again by itself before this.
const RENEWAL_PAUSE: Duration = Duration::from_secs(10);

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Policy {
    #[serde(skip)]
    rules: Option<Rules>,
    pub(crate) slots: BTreeMap<TaskId, Slot>,
    pub(crate) workers: BTreeMap<WorkerId, Worker>,
    next_worker: WorkerId,
    next_generation: Generation,
    /// How many slots there are to be.
    wanted: usize,
    /// The generation that slots are created with.
    pub(crate) generation: Generation,
    pub(crate) restarts: u32,
    ever_ready: bool,
    /// A worker failed that is not to be restarted.
    #[serde(default)]
    any_failed: bool,
    /// The sets that exist.
    sets: BTreeSet<usize>,
    /// The sets whose slot can't accept, and the slot that does it instead.
    covers: BTreeMap<usize, TaskId>,
    renewal: Option<Renewal>,
    rollout: Option<Rollout>,
    waiting: Option<Rollout>,
    tickets: u64,
    stop: Option<Stop>,
    ended: bool,
}

impl Policy {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules: Some(rules),
            slots: BTreeMap::new(),
            workers: BTreeMap::new(),
            next_worker: 1,
            next_generation: 2,
            wanted: 0,
            generation: 1,
            restarts: 0,
            ever_ready: false,
            any_failed: false,
            sets: BTreeSet::new(),
            covers: BTreeMap::new(),
            renewal: None,
            rollout: None,
            waiting: None,
            tickets: 0,
            stop: None,
            ended: false,
        }
    }

    /// Goes on with a predecessor's state, under this program's settings.
    pub(crate) fn resume(mut self, rules: Rules) -> Self {
        self.rules = Some(rules);
        self
    }

    pub(crate) fn handle(&mut self, event: Event, now: Time) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Start(count) => self.start_all(count, now, &mut actions),
            Event::SpawnFailed(worker, reason) => self.gone(worker, Err(reason), now, &mut actions),
            Event::Exited(worker, exit) => self.gone(worker, Ok(exit), now, &mut actions),
            Event::Ready(worker) => self.ready(worker, now, &mut actions),
            Event::Alive(worker) => self.alive(worker, now),
            Event::ChannelRestored(worker) => self.silence_excused(worker, Some(now)),
            Event::ChannelLost(worker) => self.silence_excused(worker, None),
            Event::Measured {
                worker,
                requests,
                rss,
            } => self.measured(worker, requests, rss, now, &mut actions),
            Event::Reload => self.request_rollout(false),
            Event::Upgrade => self.request_rollout(true),
            Event::Scale(count) => self.scale(count, now, &mut actions),
            Event::Stop(mode) => self.stop(mode, ExitReason::Stopped, now, &mut actions),
            Event::Tick => self.enforce_deadlines(now, &mut actions),
        }
        self.restart_due(now, &mut actions);
        self.settle(now, &mut actions);
        actions
    }

    /// When `handle` must be called again, even if nothing happens.
    pub(crate) fn deadline(&self) -> Option<Time> {
        let timeout = self.rules().worker_timeout;
        let workers = self
            .workers
            .values()
            .filter_map(|worker| worker.deadline(timeout));
        workers
            .chain(self.slots.values().filter_map(|slot| slot.retry_at))
            .min()
    }

    /// Names the rollout that will answer the next request for one.
    pub(crate) fn next_ticket(&self) -> u64 {
        self.waiting
            .as_ref()
            .map_or(self.tickets + 1, |waiting| waiting.ticket)
    }

    /// The state for a successor, to go on with by `resume`.
    pub(crate) fn snapshot(&self) -> serde_json::Result<Self> {
        serde_json::from_value(serde_json::to_value(self)?)
    }

    /// The generations that may still be started.
    pub(crate) fn generations(&self) -> BTreeSet<Generation> {
        let slots = self.slots.values().map(|slot| slot.generation);
        let rollout = self
            .rollout
            .iter()
            .flat_map(|rollout| [rollout.from, rollout.to]);
        slots.chain(rollout).chain([self.generation]).collect()
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.is_some()
    }

    pub(crate) fn is_rolling_out(&self) -> bool {
        self.rollout.is_some() || self.waiting.is_some()
    }

    /// Whether every slot that should serve has a worker that does.
    pub(crate) fn all_ready(&self) -> bool {
        self.present() >= self.wanted
            && self.slots.values().all(|slot| {
                let ready = self.in_charge(slot).is_some_and(Worker::is_ready);
                slot.finished || slot.leaving || ready
            })
    }

    /// How many slots there are to be.
    pub(crate) fn size(&self) -> usize {
        self.wanted
    }

    fn rules(&self) -> &Rules {
        self.rules.as_ref().expect("set by `new` and by `resume`")
    }

    fn in_charge(&self, slot: &Slot) -> Option<&Worker> {
        slot.worker.and_then(|id| self.workers.get(&id))
    }

    /// Puts a new worker in charge of an empty slot.
    fn start(&mut self, task: TaskId, actions: &mut Vec<Action>, now: Time) {
        let generation = self.slots[&task].generation;
        let worker = self.spawn(task, generation, now, actions);
        let slot = self.slot(task);
        slot.retry_at = None;
        slot.renew = false;
        slot.worker = Some(worker);
    }

    fn spawn(
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

    fn slot(&mut self, task: TaskId) -> &mut Slot {
        self.slots
            .get_mut(&task)
            .expect("a slot stays while it has workers")
    }

    fn ready(&mut self, id: WorkerId, now: Time, actions: &mut Vec<Action>) {
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

    fn alive(&mut self, id: WorkerId, now: Time) {
        if let Some(Phase::Ready { alive }) =
            self.workers.get_mut(&id).map(|worker| &mut worker.phase)
        {
            *alive = Some(now);
        }
    }

    /// A worker is stuck when it is silent on a channel that works, and it has used that before.
    fn silence_excused(&mut self, id: WorkerId, until: Option<Time>) {
        if let Some(Phase::Ready { alive }) =
            self.workers.get_mut(&id).map(|worker| &mut worker.phase)
            && alive.is_some()
        {
            *alive = until;
        }
    }

    /// A worker has ended, or could not be spawned.
    fn gone(
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
            let reason = match exit {
                Ok(exit) => format!("the new worker ended before it was ready: {exit}"),
                Err(reason) => format!("the new worker could not be started: {reason}"),
            };
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
        let is_clean = exit == Ok(Exit::Code(0));
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

    fn enforce_deadlines(&mut self, now: Time, actions: &mut Vec<Action>) {
        let timeout = self.rules().worker_timeout;
        for (&id, worker) in &mut self.workers {
            if worker
                .deadline(timeout)
                .is_some_and(|deadline| now >= deadline)
            {
                if worker.is_ready() {
                    actions.push(Action::Examine(id));
                }
                worker.kill(id, actions);
            }
        }
    }

    fn restart_due(&mut self, now: Time, actions: &mut Vec<Action>) {
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

    /// Brings about what follows from the state, whichever event led to it.
    fn settle(&mut self, now: Time, actions: &mut Vec<Action>) {
        if self.stop.is_none() {
            self.grow(now, actions);
            self.cover_orphans(actions);
            self.dismiss_leaving(now, actions);
            self.renew_next(now, actions);
            if !self.slots.is_empty() && self.slots.values().all(|slot| slot.finished) {
                let reason = match (self.any_failed, self.ever_ready) {
                    (false, _) => ExitReason::Finished,
                    (true, true) => ExitReason::Failed,
                    (true, false) => ExitReason::NeverBooted,
                };
                self.stop(StopMode::Graceful, reason, now, actions);
            }
        }
        if let Some(Stop { end, .. }) = self.stop
            && self.workers.is_empty()
            && !self.ended
        {
            self.ended = true;
            actions.push(Action::End(end));
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
