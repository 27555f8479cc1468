//! State of a process: its runtime, and the application that was made in it.

use std::{process, time::Duration};

use pyo3::{exceptions::PyRuntimeError, prelude::*};
use tokio::{
    runtime::{self, Runtime},
    time::timeout,
};

use crate::{make::Making, settings::Site};

/// How long background tasks may take at the end of the process: squall's server waits as long.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);

/// The runtime and the application of one process. It is never dropped: the runtime would wait for its thread,
/// which a forked process does not have.
pub(crate) struct Process {
    pub(crate) runtime: Runtime,
    pub(crate) site: Site,
    id: u32,
}

impl Process {
    /// Makes the application in a runtime of this process. Requests are handled in the threads of the server; the
    /// one thread of the runtime has the timers, sockets and background tasks.
    ///
    /// # Errors
    ///
    /// Those of the runtime and of the function.
    pub(crate) fn start(make: impl FnOnce() -> Making) -> squall::Result<&'static Self> {
        #[cfg(feature = "log")]
        squall::init_log();
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("squall-wsgi")
            .enable_all()
            .build()?;
        match runtime.block_on(async { make().await }) {
            Ok(wsgi) => Ok(Box::leak(Box::new(Self {
                runtime,
                site: wsgi.build(),
                id: process::id(),
            }))),
            Err(error) => {
                // The function may have begun something that does not end.
                runtime.shutdown_background();
                Err(error)
            }
        }
    }

    /// Whether this is the process that the runtime was made in. A forked one has its memory, but none of its
    /// threads.
    pub(crate) fn is_this(&self) -> bool {
        self.id == process::id()
    }

    /// Returns an error in any other process.
    ///
    /// # Errors
    ///
    /// A `RuntimeError` for a response that was begun before a fork.
    pub(crate) fn check(&self) -> PyResult<()> {
        if self.is_this() {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(
            "this response was begun before a fork: only the process that began it can send it",
        ))
    }

    /// Waits for background tasks, at the end of the process.
    pub(crate) fn finish(&self) {
        let tasks = self.site.tasks();
        let finished = async { timeout(SHUTDOWN_TIMEOUT, tasks.finished()).await };
        if self.runtime.block_on(finished).is_err() {
            let running = tasks.running();
            tracing::warn!(
                running,
                "background tasks were cut off at the end of the process"
            );
        }
    }
}
