//! Reassigns a failed slot's sockets to a healthy worker, so queued clients are served.

use super::{
    event::{Action, Sharing},
    ids::TaskId,
    state::Policy,
};

/// Failures in a row after which a slot's queue is given to another slot.
const PATIENCE: u32 = 3;

impl Policy {
    /// The sets a new worker of this slot accepts from.
    pub(super) fn sets_of(&mut self, task: TaskId) -> Vec<usize> {
        if self.rules().sharing == Sharing::One {
            return vec![0];
        }
        let recovered: Vec<usize> = self
            .covers
            .iter()
            .filter(|&(&set, &host)| host == task && self.serves(set, set))
            .map(|(&set, _)| set)
            .collect();
        for set in recovered {
            self.covers.remove(&set);
        }
        let home = self.home(task);
        let covered = self.covers.iter().filter(|&(_, &host)| host == task);
        let mut sets: Vec<usize> = covered.map(|(&set, _)| set).chain([home]).collect();
        sets.sort_by_key(|&set| (set != home, set));
        sets
    }

    /// The host could not take the sets that it should cover, so they leave the group.
    pub(super) fn give_up_covers(&mut self, host: TaskId, actions: &mut Vec<Action>) {
        let held = self
            .in_charge(&self.slots[&host])
            .map(|worker| worker.sets.clone());
        let held = held.unwrap_or_default();
        let lost: Vec<usize> = self
            .covers
            .iter()
            .filter(|&(set, &by)| by == host && !held.contains(set))
            .map(|(&set, _)| set)
            .collect();
        let home = self.home(host);
        for set in lost {
            self.abandon(set, home, actions);
        }
    }

    /// Takes a set out of the group. Its slot accepts from another's set from now on.
    fn abandon(&mut self, set: usize, other: usize, actions: &mut Vec<Action>) {
        self.covers.remove(&set);
        self.sets.remove(&set);
        actions.push(Action::CloseSet(set));
        if let Some(slot) = self.slots.get_mut(&set) {
            slot.takeover = Some(other);
        }
    }

    /// Whether a worker that is ready, in charge of `task` and staying accepts from `set`.
    pub(super) fn serves(&self, task: TaskId, set: usize) -> bool {
        self.slots.get(&task).is_some_and(|slot| {
            !slot.leaving
                && self
                    .in_charge(slot)
                    .is_some_and(|worker| worker.is_ready() && worker.sets.contains(&set))
        })
    }

    /// Finds a slot to accept from each set of the group that its own slot has abandoned. A program
    /// that takes one socket would leave clients of a second one without an answer: there the set
    /// leaves the group instead.
    pub(super) fn cover_orphans(&mut self, actions: &mut Vec<Action>) {
        if self.rules().sharing != Sharing::Group {
            return;
        }
        let hopeful = |task: &TaskId| {
            self.slots
                .get(task)
                .is_some_and(|slot| !slot.finished && !slot.leaving && slot.streak < PATIENCE)
        };
        let orphans: Vec<usize> = self
            .sets
            .iter()
            .copied()
            .filter(|set| !hopeful(set) && !self.covers.get(set).is_some_and(hopeful))
            .filter(|&set| !self.slots.keys().any(|&task| self.serves(task, set)))
            .collect();
        for set in orphans {
            let host = self
                .slots
                .keys()
                .copied()
                .filter(|&task| task != set && self.serves(task, self.home(task)))
                .min_by_key(|task| self.covers.values().filter(|&host| host == task).count());
            match host {
                Some(host) if self.rules().takes_one_socket => {
                    self.abandon(set, self.home(host), actions);
                }
                Some(host) => {
                    self.covers.insert(set, host);
                    self.slot(host).renew = true;
                }
                None => {}
            }
        }
    }

    fn home(&self, task: TaskId) -> usize {
        self.slots[&task].takeover.unwrap_or(task)
    }

    /// Closes the set of a slot whose first worker could not be spawned: none has accepted from it.
    pub(super) fn close_set(&mut self, task: TaskId, actions: &mut Vec<Action>) {
        if self.rules().sharing == Sharing::Group && self.sets.remove(&task) {
            actions.push(Action::CloseSet(task));
        }
    }
}
