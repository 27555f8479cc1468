//! Graceful shutdown: workers that get the stop signal at once, and those that become ready first.

use std::{collections::BTreeSet, time::Duration};

use super::{
    event::{Action, ExitReason, QUICK_TIMEOUT, Signal, StopMode},
    ids::Time,
    operations::Stop,
    slot::Phase,
    state::Policy,
};

impl Policy {
    pub(super) fn stop(
        &mut self,
        mode: StopMode,
        end: ExitReason,
        now: Time,
        actions: &mut Vec<Action>,
    ) {
        let (mode, end) = match self.stop {
            // A second stop signal means that the first took too long.
            Some(stop) => (StopMode::Immediate, stop.end),
            None => {
                actions.push(Action::ReleaseSockets);
                (mode, end)
            }
        };
        let (signal, timeout) = match mode {
            StopMode::Graceful => (Signal::Term, self.rules().graceful_timeout),
            StopMode::Quick => (Signal::Int, QUICK_TIMEOUT),
            StopMode::Immediate => (Signal::Kill, Duration::ZERO),
        };
        let kill_at = now.saturating_add(timeout);
        self.stop = Some(Stop { end, kill_at });
        for slot in self.slots.values_mut() {
            slot.retry_at = None;
        }
        self.renewal = None;
        let rollouts = [self.rollout.take(), self.waiting.take()];
        for rollout in rollouts.into_iter().flatten() {
            actions.push(rollout.ended(Err("the supervisor is stopping".to_owned())));
        }
        let served = self.served();
        for (&id, worker) in &mut self.workers {
            let is_needed = worker.sets.iter().any(|set| !served.contains(set));
            match &mut worker.phase {
                // The signal would end it with clients in its queue: it gets it when it is ready.
                Phase::Starting { give_up_at } if is_needed && mode == StopMode::Graceful => {
                    *give_up_at = kill_at.min(*give_up_at);
                }
                _ => worker.retire(id, signal, kill_at, actions),
            }
        }
    }

    /// The socket sets that a worker accepts from.
    fn served(&self) -> BTreeSet<usize> {
        let ready = self.workers.values().filter(|worker| worker.is_ready());
        ready.flat_map(|worker| worker.sets.clone()).collect()
    }
}
