//! The readiness of workers that the supervisor connects to.

use super::{SupervisorLoop, pid_number};
use crate::{
    Address, Readiness,
    policy::{Event, Phase, Sharing, Worker, WorkerId},
    probes::Finding,
};

impl SupervisorLoop {
    /// Checks a worker that starts until it is ready, if its readiness depends on connections.
    pub(super) fn check_readiness(&mut self, id: WorkerId) {
        if !self.settings.readiness.connects() {
            return;
        }
        let worker = self
            .policy
            .workers
            .get(&id)
            .filter(|worker| is_starting(worker));
        let Some((worker, process)) = worker.zip(self.workers.get(&id)) else {
            return;
        };
        let sockets = self.sockets.of(&worker.sets).unwrap_or_default();
        // Without a socket, the worker is late in the end.
        let Some(socket) = sockets.first() else {
            return;
        };
        let address = socket.listener.address().clone();
        let is_tcp = matches!(address, Address::Tcp(_));
        let is_balanced = is_tcp && self.sockets.sharing() == Sharing::Group;
        let now = self.clock.now();
        let finding = self.probes.add(id, process.pid, address, is_balanced, now);
        self.found(finding);
    }

    /// Continues the checks of all workers that start.
    pub(super) fn check_starting(&mut self) {
        let workers = &self.policy.workers;
        self.probes
            .keep(|id| workers.get(&id).is_some_and(is_starting));
        let check = match &self.settings.readiness {
            Readiness::Http(check) => Some(check),
            _ => None,
        };
        for finding in self.probes.turn(check, self.clock.now()) {
            if let Finding::Unready(id, reason) = &finding
                && let Some(worker) = self.workers.get(id)
            {
                let (task_id, pid) = (worker.task, pid_number(worker.pid));
                tracing::info!(task_id, pid, %reason, "the worker is not ready yet");
            }
            self.found(finding);
        }
    }

    fn found(&mut self, finding: Finding) {
        match finding {
            Finding::Ready(id) => self.became_ready(id),
            Finding::Unready(id, reason) => self.feed(Event::Unready(id, reason)),
        }
    }
}

fn is_starting(worker: &Worker) -> bool {
    matches!(worker.phase, Phase::Starting { .. })
}
