//! Recycling: replaces a worker, gracefully, at `max_requests` or `max_rss`.

use std::time::Duration;

use super::{
    event::Action,
    ids::{Time, WorkerId},
    state::Policy,
};

/// A worker that first exceeds `max_rss` later than this has grown; before, its start size may be
/// the reason, which no replacement can mend.
const GROWTH: Duration = Duration::from_secs(60);
const PAUSE_FIRST: Duration = Duration::from_secs(60);
const PAUSE_LAST: Duration = Duration::from_secs(3600);

impl Policy {
    pub(super) fn measured(
        &mut self,
        id: WorkerId,
        requests: u64,
        rss: u64,
        now: Time,
        actions: &mut Vec<Action>,
    ) {
        let rules = self.rules();
        let jitter = rules.max_requests_jitter.saturating_add(1);
        let most = rules
            .max_requests
            .map(|most| most.saturating_add(spread(id) % jitter));
        let max_rss = rules.max_rss.filter(|&limit| rss > limit);
        let Some(worker) = self.workers.get(&id).filter(|worker| worker.is_ready()) else {
            return;
        };
        let task = worker.task;
        if self.slots[&task].worker != Some(id) {
            return;
        }
        if let Some(limit) = max_rss {
            self.exceeded(id, rss, limit, now, actions);
        }
        let is_due = max_rss.is_some() || most.is_some_and(|most| requests >= most);
        let slot = self.slot(task);
        if is_due && now >= slot.rest_until {
            slot.renew = true;
        }
    }

    /// Delays the replacement where each new worker soon exceeds `max_rss` again: the first is
    /// replaced at once, later ones after pauses that double.
    fn exceeded(
        &mut self,
        id: WorkerId,
        rss: u64,
        limit: u64,
        now: Time,
        actions: &mut Vec<Action>,
    ) {
        let Some(worker) = self.workers.get_mut(&id) else {
            return;
        };
        if std::mem::replace(&mut worker.exceeded, true) {
            return;
        }
        let age = now.saturating_sub(worker.ready_at.unwrap_or(now));
        let slot = self.slots.get_mut(&worker.task);
        let slot = slot.expect("a slot stays while it has workers");
        slot.exceeded_early = if age < GROWTH {
            slot.exceeded_early.saturating_add(1)
        } else {
            0
        };
        let pause = pause(slot.exceeded_early);
        slot.rest_until = slot.rest_until.max(now.saturating_add(pause));
        actions.push(Action::ExceededMemory {
            worker: id,
            rss,
            limit,
            age,
            pause,
        });
    }
}

fn pause(exceeded_early: u32) -> Duration {
    match exceeded_early {
        0 | 1 => Duration::ZERO,
        _ => PAUSE_FIRST
            .saturating_mul(1 << (exceeded_early - 2).min(16))
            .min(PAUSE_LAST),
    }
}

/// Scatters consecutive worker ids (the finalizer of splitmix64).
pub(super) fn spread(id: WorkerId) -> u64 {
    let mut z = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
