//! New first, ready, then the old retires: reload, upgrade, recycling, and taking over a set.

use std::time::Duration;

use super::{
    event::{Action, Signal},
    ids::{Generation, TaskId, Time, WorkerId},
    operations::{Renewal, Rollout},
    slot::{Slot, Worker},
    state::Policy,
};

/// A renewal that failed is not tried again by itself before this.
const RENEWAL_PAUSE: Duration = Duration::from_secs(10);

impl Policy {
    /// Requests that come while a rollout runs are answered by one more, however many they are.
    pub(super) fn request_rollout(&mut self, upgrade: bool) {
        if self.stop.is_some() {
            return;
        }
        match &mut self.waiting {
            Some(waiting) => waiting.upgrade |= upgrade,
            None => {
                self.tickets += 1;
                self.waiting = Some(Rollout {
                    ticket: self.tickets,
                    from: self.generation,
                    to: self.generation,
                    upgrade,
                    failure: None,
                });
            }
        }
    }

    /// Starts the next replacement, or ends the rollout when none is left.
    pub(super) fn renew_next(&mut self, now: Time, actions: &mut Vec<Action>) {
        if self.renewal.is_some() {
            return;
        }
        self.begin_rollout();
        let goal = self.rollout.as_ref().map(Rollout::goal);
        let stale = |slot: &Slot| goal.is_some_and(|goal| slot.generation != goal);
        let present = |slot: &Slot| !slot.finished && !slot.leaving;
        if !self.slots.values().any(|slot| present(slot) && stale(slot)) {
            self.end_rollout(actions);
        }
        let next = self
            .slots
            .iter()
            .filter(|(task, slot)| present(slot) && !self.is_busy(**task))
            .find(|(_, slot)| stale(slot) || slot.renew)
            .map(|(&task, slot)| (task, stale(slot), goal.unwrap_or(slot.generation)));
        let Some((task, stale, generation)) = next else {
            return;
        };
        if stale {
            // A set of its own again: the new build may cure what made the slot fail.
            self.slot(task).takeover = None;
        }
        self.slot(task).retry_at = None;
        let worker = self.spawn(task, generation, now, actions);
        self.renewal = Some(Renewal { worker });
    }

    fn begin_rollout(&mut self) {
        if self.rollout.is_some() {
            return;
        }
        let Some(mut rollout) = self.waiting.take() else {
            return;
        };
        rollout.from = self.generation;
        rollout.to = self.next_generation;
        self.next_generation += 1;
        self.rollout = Some(rollout);
    }

    fn end_rollout(&mut self, actions: &mut Vec<Action>) {
        let Some(mut rollout) = self.rollout.take() else {
            return;
        };
        match rollout.failure.take() {
            Some(reason) => actions.push(rollout.ended(Err(reason))),
            None => {
                self.generation = rollout.to;
                let (upgrade, to) = (rollout.upgrade, rollout.to);
                actions.push(rollout.ended(Ok(to)));
                if upgrade {
                    actions.push(Action::ReplaceSupervisor);
                }
            }
        }
    }

    /// A slot that still boots, or still drains the worker before, has to wait: this bounds the
    /// processes that a storm of reloads can make.
    fn is_busy(&self, task: TaskId) -> bool {
        let in_charge = self.slots[&task].worker;
        self.workers.iter().any(|(&id, worker)| {
            worker.task == task && (Some(id) != in_charge || !worker.is_ready())
        })
    }

    pub(super) fn renewed(
        &mut self,
        task: TaskId,
        id: WorkerId,
        generation: Generation,
        now: Time,
        actions: &mut Vec<Action>,
    ) {
        self.renewal = None;
        let kill_at = now.saturating_add(self.rules().graceful_timeout);
        let slot = self.slot(task);
        if std::mem::replace(&mut slot.generation, generation) != generation {
            slot.exceeded_early = 0;
        }
        slot.renew = false;
        slot.retry_at = None;
        slot.streak = 0;
        slot.finished = false;
        let old = slot.worker.replace(id);
        if let Some((old, worker)) = old.and_then(|old| Some((old, self.workers.get_mut(&old)?))) {
            worker.retire(old, Signal::Term, kill_at, actions);
        }
    }

    pub(super) fn renewal_failed(
        &mut self,
        task: TaskId,
        worker: &Worker,
        reason: String,
        now: Time,
        actions: &mut Vec<Action>,
    ) {
        self.renewal = None;
        let slot = self.slot(task);
        let was_to_renew = std::mem::take(&mut slot.renew);
        slot.rest_until = now.saturating_add(RENEWAL_PAUSE);
        if slot.worker.is_none() && !slot.finished && !slot.leaving {
            slot.retry_at = Some(now);
        }
        let is_going_back = self.is_going_back(task);
        match &mut self.rollout {
            Some(rollout) if rollout.failure.is_none() && worker.generation == rollout.to => {
                rollout.failure = Some(reason);
                // It may still take over a set, with the generation that works.
                self.slot(task).renew = was_to_renew;
            }
            _ if is_going_back => {
                // The way back is blocked too: what serves now goes on serving.
                if let Some(rollout) = self.rollout.take() {
                    let failure = rollout.failure.as_deref().unwrap_or_default();
                    let reason = format!("{failure}; going back failed: {reason}");
                    actions.push(rollout.ended(Err(reason)));
                }
                self.give_up_covers(task, actions);
            }
            _ => self.give_up_covers(task, actions),
        }
    }

    fn is_going_back(&self, task: TaskId) -> bool {
        self.rollout.as_ref().is_some_and(|rollout| {
            rollout.failure.is_some() && self.slots[&task].generation != rollout.from
        })
    }
}
