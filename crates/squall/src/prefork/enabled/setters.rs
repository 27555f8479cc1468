//! `Server::supervisor`.

use squall_prefork::Supervisor;

use crate::Server;

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
