//! Supervised workers: each is this program, executed again.

mod counts;
mod metrics;
mod worker;

#[cfg(feature = "websocket")]
pub(crate) use self::counts::OpenWebSocket;
pub use self::metrics::metrics;
#[cfg(feature = "autoreload")]
pub(crate) use self::worker::generation_id;
pub(crate) use self::{
    metrics::has_successor,
    worker::{follow_supervisor, obey_signals, serve},
};
#[cfg(feature = "debug")]
pub(crate) use squall_prefork::worker::generation;
pub(crate) use squall_prefork::worker::{is_worker, task_id};

use std::time::Duration;

use squall_prefork::Supervisor;
use squall_server::{Limits, StartError};
use tokio::runtime;

use crate::{
    Error, Result, Server, autoreload,
    server::listen::{HTTPS, ListenConfig},
};

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
        self.supervisor = std::mem::take(&mut self.supervisor).graceful_timeout(timeout);
    }
}

impl Server {
    /// Sets the supervisor: restarts, timeouts, a port for each worker, hooks.
    ///
    /// Default: [`Supervisor::new`], with a `graceful_timeout` that is longer than the
    /// [limits](Self::limits) let a worker take.
    ///
    /// # Examples
    ///
    /// ```
    /// use squall::{Application, Server};
    ///
    /// // Four workers behind a proxy that balances, each on a port of its own.
    /// let server = Server::new(Application::new())
    ///     .supervisor(|supervisor| supervisor.ports(8000..8004).max_requests(1_000_000));
    /// ```
    pub fn supervisor(mut self, set: impl FnOnce(Supervisor) -> Supervisor) -> Self {
        self.prefork.supervisor = set(self.prefork.supervisor);
        self
    }
}

/// Counts requests and responses of a server.
pub(crate) fn observe(server: squall_server::Server) -> squall_server::Server {
    server.observe(counts::Counting)
}

/// Runs the supervisor until it stops.
pub(crate) fn supervised(server: Server, processes: usize) -> Result<()> {
    if runtime::Handle::try_current().is_ok() {
        return Err(StartError::InsideRuntime.into());
    }
    server.check()?;
    if let Some(listener) = server.listen.listeners.first() {
        let address = listener.address();
        return Err(Error::new(format!(
            "start({processes}): a listener on {address} cannot be shared by several processes; bind the address"
        )));
    }
    let debug = server.debug;
    let supervisor = server.prefork.supervisor.processes(processes);
    let supervisor = listen(&server.listen, supervisor);
    // Until `run` handles SIGHUP, it would end the process.
    let _watching = debug.then(autoreload::watch_build).transpose()?;
    match supervisor.run() {
        Ok(_) => Ok(()),
        Err(error) if error.is_never_booted() || error.is_gave_up() => {
            tracing::error!("{error}");
            #[expect(
                clippy::disallowed_methods,
                reason = "`main` cannot return this status from a `Result`, and nothing is left to clean up"
            )]
            std::process::exit(error.exit_status().into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Adds the addresses to the supervisor.
fn listen(config: &ListenConfig, supervisor: Supervisor) -> Supervisor {
    let binds = config.binds.iter();
    binds.fold(supervisor, |supervisor, (bind, tls)| match tls {
        Some(_) => supervisor.listen_as(HTTPS, bind.clone()),
        None => supervisor.listen(bind.clone()),
    })
}
