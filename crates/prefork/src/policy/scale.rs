//! More slots and fewer.

use super::{
    event::{Action, Sharing, Signal},
    ids::{TaskId, Time},
    slot::Slot,
    state::Policy,
};

impl Policy {
    pub(super) fn present(&self) -> usize {
        self.slots.values().filter(|slot| !slot.leaving).count()
    }

    pub(super) fn start_all(&mut self, count: usize, now: Time, actions: &mut Vec<Action>) {
        self.wanted = count.clamp(1, self.rules().max_slots);
        for task in 0..self.wanted {
            self.slots.insert(task, Slot::new(self.generation));
            self.start(task, actions, now);
        }
    }

    pub(super) fn scale(&mut self, count: usize, now: Time, actions: &mut Vec<Action>) {
        if self.stop.is_some() {
            return;
        }
        self.wanted = count.clamp(1, self.rules().max_slots);
        for (_, slot) in self.slots.range_mut(self.wanted..) {
            slot.leaving = true;
            slot.retry_at = None;
        }
        let mut back = Vec::new();
        for (&task, slot) in self.slots.range_mut(..self.wanted) {
            if std::mem::take(&mut slot.leaving) && slot.worker.is_none() {
                slot.fresh = true;
                back.push(task);
            }
        }
        for task in back {
            self.start(task, actions, now);
        }
    }

    /// Adds one slot, and the next when its worker is ready: what one more worker takes may not be
    /// there, and its set joins the group before that is known.
    pub(super) fn grow(&mut self, now: Time, actions: &mut Vec<Action>) {
        if self.present() >= self.wanted || self.slots.values().any(|slot| slot.fresh) {
            return;
        }
        let free = (0..self.wanted).find(|task| !self.slots.contains_key(task));
        if let Some(task) = free {
            let mut slot = Slot::new(self.generation);
            slot.fresh = true;
            self.slots.insert(task, slot);
            self.start(task, actions, now);
        }
    }

    /// Retires the workers of leaving slots once no queue depends on them.
    pub(super) fn dismiss_leaving(&mut self, now: Time, actions: &mut Vec<Action>) {
        let kill_at = now.saturating_add(self.rules().graceful_timeout);
        let grouped = self.rules().sharing == Sharing::Group;
        let leaving: Vec<TaskId> = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.leaving)
            .map(|(&task, _)| task)
            .collect();
        for task in leaving {
            let needed = grouped
                && self.sets.contains(&task)
                && !self.slots.keys().any(|&other| self.serves(other, task));
            if needed {
                continue;
            }
            if let Some(id) = self.slot(task).worker.take()
                && let Some(worker) = self.workers.get_mut(&id)
            {
                worker.retire(id, Signal::Term, kill_at, actions);
            }
            if !self.workers.values().any(|worker| worker.task == task) {
                self.slots.remove(&task);
                if self.rules().sharing == Sharing::Apart && self.sets.remove(&task) {
                    actions.push(Action::CloseSet(task));
                }
            }
        }
    }
}
