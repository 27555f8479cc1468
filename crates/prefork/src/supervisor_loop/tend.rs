//! Keeps up what others may delete: the runtime directory, the control socket, the workers'
//! channels.

use super::{SupervisorLoop, pid_number};
use crate::{
    directory::{self, Found},
    notices::Channel,
    policy::{Event, WorkerId},
};

impl SupervisorLoop {
    /// Looks after all of them. Called once a second.
    pub(super) fn tend(&mut self) {
        self.ensure_directory();
        self.ensure_control();
        let ids: Vec<WorkerId> = self.workers.keys().copied().collect();
        for id in ids {
            let Some(worker) = self.workers.get_mut(&id) else {
                continue;
            };
            match worker.notices.tend(worker.pid) {
                Channel::Intact => {}
                Channel::Restored => self.feed(Event::ChannelRestored(id)),
                Channel::Lost => {
                    if !std::mem::replace(&mut worker.channel_is_lost, true) {
                        let (task_id, pid) = (worker.task, pid_number(worker.pid));
                        tracing::warn!(
                            task_id,
                            pid,
                            "the worker cannot reach its notify socket: it is not watched"
                        );
                    }
                    self.feed(Event::ChannelLost(id));
                }
            }
        }
    }

    /// A failure is not the end: workers are started and watched over abstract sockets then.
    pub(super) fn ensure_directory(&mut self) {
        let before = self.directory.path().to_owned();
        match self.directory.ensure() {
            Ok(Found::Intact) => self.has_directory = true,
            Ok(_) => {
                let path = self.directory.path();
                tracing::warn!(path = %path.display(), "the runtime directory was deleted: made it again");
                if self.control_path.parent() == Some(&before) && self.settings.control.is_none() {
                    self.control_path = path.join(directory::CONTROL);
                }
                self.has_directory = true;
                self.ensure_control();
            }
            Err(error) => {
                if std::mem::take(&mut self.has_directory) {
                    tracing::error!(%error, "the runtime directory is gone and cannot be made again");
                }
            }
        }
    }

    fn ensure_control(&mut self) {
        if self.control.is_at(&self.control_path) {
            self.has_control = true;
            return;
        }
        let path = self.control_path.display();
        match self.control.bind_again(&self.control_path) {
            Ok(()) => {
                tracing::warn!(%path, "the control socket was deleted: made it again");
                self.has_control = true;
            }
            Err(error) => {
                if std::mem::take(&mut self.has_control) {
                    tracing::error!(%path, %error, "the control socket is gone and cannot be made again");
                }
            }
        }
    }
}
