//! Reads the workers' notices, measures their memory and time, reaps those that ended.

use super::SupervisorLoop;
use crate::{
    notices::message::Message,
    policy::{Event, Phase, WorkerId},
    process::{usage::Usage, wait},
};

/// Datagrams read from one worker before the others have their turn.
const BATCH: usize = 64;
/// Counters are short; what is longer is cut off by the kernel.
const DATAGRAM: usize = 4096;

impl SupervisorLoop {
    pub(super) fn read_notifications(&mut self) {
        let ids: Vec<WorkerId> = self.workers.keys().copied().collect();
        for id in ids {
            self.read_notifications_of(id);
        }
    }

    pub(super) fn read_notifications_of(&mut self, id: WorkerId) {
        let mut datagram = [0; DATAGRAM];
        for _ in 0..BATCH {
            let Some(worker) = self.workers.get_mut(&id) else {
                return;
            };
            let Ok(length) = worker.notices.receive(&mut datagram, worker.pid) else {
                return;
            };
            worker.channel_is_lost = false;
            let message = Message::parse(&datagram[..length]);
            if let Some(counters) = message.counters {
                worker.counters = counters;
            }
            if message.status.is_some() {
                worker.note = message.status;
            }
            worker.signal = message.signal.or(worker.signal);
            if message.ready && !self.settings.readiness.connects() {
                self.became_ready(id);
            }
            if message.alive {
                self.feed(Event::Alive(id));
            }
        }
    }

    pub(super) fn became_ready(&mut self, id: WorkerId) {
        let starting = self
            .policy
            .workers
            .get(&id)
            .is_some_and(|worker| matches!(worker.phase, Phase::Starting { .. }));
        let Some(worker) = self.workers.get(&id).filter(|_| starting) else {
            return;
        };
        let info = worker.info();
        let took = self.clock.now().saturating_sub(worker.started);
        tracing::info!(
            task_id = info.task_id,
            pid = info.pid,
            ?took,
            "worker ready"
        );
        (self.settings.hooks.when_ready)(&info);
        self.feed(Event::Ready(id));
    }

    pub(super) fn measure(&mut self) {
        let mut events = Vec::new();
        for (&id, worker) in &mut self.workers {
            if let Some(usage) = Usage::of(worker.pid) {
                worker.usage = usage;
            }
            events.push(Event::Measured {
                worker: id,
                requests: worker.counters.requests(),
                rss: worker.usage.rss,
            });
        }
        for event in events {
            self.feed(event);
        }
    }

    pub(super) fn reap(&mut self) {
        let ended: Vec<WorkerId> = self
            .workers
            .iter()
            .filter(|(_, worker)| wait::has_ended(worker.pid))
            .map(|(&id, _)| id)
            .collect();
        for id in ended {
            let exit = wait::reap(self.workers[&id].pid);
            self.ended(id, exit);
        }
        let by_pid = |pid| self.workers.iter().find(|(_, worker)| worker.pid == pid);
        let found = wait::reap_strangers(|pid| by_pid(pid).is_some());
        if let Some((id, exit)) = found.and_then(|(pid, exit)| Some((*by_pid(pid)?.0, exit))) {
            self.ended(id, exit);
        }
    }
}
