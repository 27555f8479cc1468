//! Supervised workers: each is this program, executed again.

mod counts;
mod metrics;
mod setters;
mod worker;

#[cfg(feature = "websocket")]
pub(crate) use self::counts::OpenWebSocket;
pub use self::metrics::metrics;
#[cfg(feature = "autoreload")]
pub(crate) use self::worker::generation_id;
pub(crate) use self::{
    metrics::has_successor,
    worker::{follow_supervisor, notify, obey_signals},
};
#[cfg(feature = "debug")]
pub(crate) use squall_prefork::worker::generation;
pub(crate) use squall_prefork::worker::{is_worker, task_id};

use std::{mem, process, time::Duration};

use squall_prefork::Supervisor;
use squall_server::{Bind, Limits};

use crate::Result;

pub(crate) const IS_ENABLED: bool = true;

/// Added to a worker's longest shutdown before the supervisor kills it.
const MARGIN: Duration = Duration::from_secs(5);

/// Settings as given.
pub(crate) struct Settings {
    supervisor: Supervisor,
}

impl Default for Settings {
    fn default() -> Self {
        let mut settings = Self {
            supervisor: Supervisor::new(),
        };
        settings.limits(&Limits::default());
        settings
    }
}

impl Settings {
    /// Sets the graceful timeout to the longest that a worker may take.
    pub(crate) fn limits(&mut self, limits: &Limits) {
        let timeout = limits.longest_shutdown().saturating_add(MARGIN);
        self.supervisor = mem::take(&mut self.supervisor).graceful_timeout(timeout);
    }

    /// Supervises workers on these addresses, with the names of their sockets, until the supervisor
    /// stops.
    pub(crate) fn supervise(
        self,
        processes: usize,
        binds: impl Iterator<Item = (Bind, Option<&'static str>)>,
    ) -> Result<()> {
        let supervisor = self.supervisor.processes(processes);
        let supervisor = binds.fold(supervisor, |supervisor, (bind, name)| match name {
            Some(name) => supervisor.listen_as(name, bind),
            None => supervisor.listen(bind),
        });
        match supervisor.run() {
            Ok(_) => Ok(()),
            Err(error) if error.is_never_booted() || error.is_gave_up() => {
                tracing::error!("{error}");
                #[expect(
                    clippy::disallowed_methods,
                    reason = "`main` cannot return this status from a `Result`, and nothing is left to clean up"
                )]
                process::exit(error.exit_status().into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Counts requests and responses of a server.
pub(crate) fn observe(server: squall_server::Server) -> squall_server::Server {
    server.observe(counts::Counting)
}
