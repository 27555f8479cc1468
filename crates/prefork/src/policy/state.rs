//! The policy's state, and its events and deadlines.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    event::{Action, Event, ExitReason, Rules, StopMode},
    ids::{Generation, TaskId, Time, WorkerId},
    operations::{Renewal, Rollout, Stop},
    slot::{Slot, Worker},
};

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Policy {
    #[serde(skip)]
    pub(super) rules: Option<Rules>,
    pub(crate) slots: BTreeMap<TaskId, Slot>,
    pub(crate) workers: BTreeMap<WorkerId, Worker>,
    pub(super) next_worker: WorkerId,
    pub(super) next_generation: Generation,
    /// How many slots there are to be.
    pub(super) wanted: usize,
    /// The generation that slots are created with.
    pub(crate) generation: Generation,
    pub(crate) restarts: u32,
    pub(super) ever_ready: bool,
    /// A worker failed that is not to be restarted.
    #[serde(default)]
    pub(super) any_failed: bool,
    /// The sets that exist.
    pub(super) sets: BTreeSet<usize>,
    /// The sets whose slot can't accept, and the slot that does it instead.
    pub(super) covers: BTreeMap<usize, TaskId>,
    pub(super) renewal: Option<Renewal>,
    pub(super) rollout: Option<Rollout>,
    pub(super) waiting: Option<Rollout>,
    pub(super) tickets: u64,
    pub(super) stop: Option<Stop>,
    pub(super) ended: bool,
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
            Event::Unready(worker, reason) => self.unready(worker, reason),
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

    /// The shortest timeout that a worker is under now.
    pub(crate) fn shortest_timeout(&self) -> Option<Duration> {
        let workers = self.workers.values();
        workers
            .filter_map(|worker| worker.timeout(self.rules()))
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
        serde_json::from_slice(&serde_json::to_vec(self)?)
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

    pub(super) fn rules(&self) -> &Rules {
        self.rules.as_ref().expect("set by `new` and by `resume`")
    }

    pub(super) fn in_charge(&self, slot: &Slot) -> Option<&Worker> {
        slot.worker.and_then(|id| self.workers.get(&id))
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
