//! Requests to the supervisor: signals, and those of the control socket.

use rustix::process::{Signal, kill_process};

use super::SupervisorLoop;
use crate::{
    control::{self, PendingRequest, Response},
    policy::{Event, StopMode, Worker},
    signals,
};

impl SupervisorLoop {
    pub(super) fn handle_signal(&mut self, request: signals::Request) {
        let size = self.policy.size();
        match request {
            signals::Request::StopGracefully => self.feed(Event::Stop(StopMode::Graceful)),
            signals::Request::StopQuickly => self.feed(Event::Stop(StopMode::Quick)),
            signals::Request::Reload => self.feed(Event::Reload),
            signals::Request::Upgrade => self.feed(Event::Upgrade),
            signals::Request::More => self.feed(Event::Scale(size + 1)),
            signals::Request::Fewer => self.feed(Event::Scale(size.saturating_sub(1))),
            signals::Request::ReopenLogs => self.reopen_logs(),
            signals::Request::Look => {}
        }
    }

    /// Only to workers that are ready: before it has a handler, the signal would end a process.
    fn reopen_logs(&self) {
        for (id, worker) in &self.workers {
            if self.policy.workers.get(id).is_some_and(Worker::is_ready) {
                // It may have ended just now.
                let _ = kill_process(worker.pid, Signal::USR1);
            }
        }
    }

    pub(super) fn handle_request(&mut self, pending: PendingRequest) {
        let PendingRequest { client, request } = pending;
        let response = match request {
            control::Request::Status => Response {
                status: Some(self.status()),
                ..Response::done()
            },
            _ if self.policy.is_stopping() => Response::failed("the supervisor is stopping"),
            control::Request::Reload | control::Request::Upgrade => {
                let upgrade = request == control::Request::Upgrade;
                // Registered first: a rollout can fail before `feed` returns.
                self.control.wait_for(client, self.policy.next_ticket());
                self.feed(if upgrade {
                    Event::Upgrade
                } else {
                    Event::Reload
                });
                return;
            }
            control::Request::Scale { processes } => self.rescale(processes),
            control::Request::Stop => {
                self.feed(Event::Stop(StopMode::Graceful));
                Response::done()
            }
        };
        self.control.respond(client, &response);
    }

    fn rescale(&mut self, processes: usize) -> Response {
        let most = self.settings.rules(self.sockets.sharing()).max_slots;
        if !(1..=most).contains(&processes) {
            return Response::failed(format!("from 1 to {most} processes are possible"));
        }
        self.feed(Event::Scale(processes));
        Response::done()
    }
}
