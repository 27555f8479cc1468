//! `Server::start`: serves in this process, or supervises workers.

use squall_server::StartError;
use tokio::runtime;

use crate::{Error, Result, Server, autoreload, logging, prefork};

impl Server {
    /// Serves until a signal stops the server. SIGTERM and SIGQUIT begin a graceful shutdown,
    /// SIGINT (Ctrl-C) a quick one; a second signal stops at once. On SIGHUP, a supervisor reloads
    /// its workers, and a single process its certificates, if it has any.
    ///
    /// With 1, this process serves. With another number, it supervises that many workers, and with
    /// 0 one for each CPU (Tornado's `start`). Each worker executes this program again up to this
    /// call, so code before the call runs in the supervisor and in every worker.
    ///
    /// An application in [debug mode](crate::Application::debug) has a supervisor with one worker, so that
    /// a rebuilt program replaces it without refusing a request.
    ///
    /// # Errors
    ///
    /// If the application, a setting or an address is wrong, or the factory fails; if debug mode is
    /// set with several processes; and inside an asynchronous runtime, where [`serve`](Self::serve)
    /// is the method to call. A supervisor whose workers fail permanently exits the process
    /// instead, with status 3 if no worker was ever ready, and 4 if it gave up restarting them.
    pub fn start(mut self, processes: usize) -> Result<()> {
        logging::init(self.is_log_lossless);
        self.processes = processes;
        self.apply_debug()?;
        // Reload needs a supervisor, which cannot pass on a listener that it did not bind.
        let reloads = self.debug && autoreload::IS_ENABLED && prefork::IS_ENABLED;
        let is_single = processes == 1 && (!reloads || !self.listen.listeners.is_empty());
        if is_single || prefork::is_worker() {
            self.serve_here()
        } else {
            self.supervise()
        }
    }

    /// Serves in this process until a signal stops it, and notifies the supervisor or systemd, if
    /// there is one.
    fn serve_here(self) -> Result<()> {
        prefork::follow_supervisor()?;
        let runtime = squall_server::runtime()?;
        runtime.block_on(async {
            let handle = self.handle();
            if !prefork::obey_signals(&handle)? {
                tokio::spawn(squall_server::obey_signals(handle.clone())?);
            }
            prefork::notify(&handle, self.serve()).await
        })
    }

    /// Runs the supervisor until it stops.
    fn supervise(self) -> Result<()> {
        if runtime::Handle::try_current().is_ok() {
            return Err(StartError::InsideRuntime.into());
        }
        self.check()?;
        let processes = self.processes;
        if let Some(listener) = self.listen.listeners.first() {
            let address = listener.address();
            return Err(Error::new(format!(
                "start({processes}): a listener on {address} cannot be shared by several processes; bind the address"
            )));
        }
        // Until the supervisor handles SIGHUP, the signal would end the process.
        let _watching = self.debug.then(autoreload::watch_build).transpose()?;
        self.prefork.supervise(processes, self.listen.into_named())
    }
}
