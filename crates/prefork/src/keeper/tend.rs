//! Keeps up what others may delete: the runtime directory, the control socket, the workers' channels.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use squall_listen::{Bind, ListenError, ListenerSocket};

use super::{Keeper, pid_number};
use crate::control;
use crate::directory::Found;
use crate::machine::{Event, WorkerId};
use crate::notices::Channel;

impl Keeper {
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
                    if !std::mem::replace(&mut worker.is_unheard, true) {
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
                    self.control_path = path.join(control::NAME);
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
        let restored = bind_control(&self.control_path)
            .and_then(|listener| self.control.listen_on(listener, &self.control_path));
        match restored {
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

pub(super) fn listen_for_control(path: &Path) -> io::Result<control::Server> {
    control::Server::new(bind_control(path)?, path)
}

fn bind_control(path: &Path) -> io::Result<std::os::unix::net::UnixListener> {
    if let Some(parent) = path.parent().filter(|parent| !parent.exists()) {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(parent)?;
    }
    let mut listeners =
        Bind::unix(path)
            .unix_mode(0o600)
            .listen()
            .map_err(|error| match error {
                ListenError::Bind { source, .. } => source,
                error => io::Error::new(io::ErrorKind::InvalidInput, error),
            })?;
    let (socket, file) = listeners.remove(0).into_parts();
    // The supervisor removes it, as it does one that it took over.
    std::mem::forget(file);
    match socket {
        ListenerSocket::Unix(socket) => Ok(socket),
        ListenerSocket::Tcp(_) => unreachable!("a unix socket was bound"),
    }
}
