//! `Server::start` in this process: runtime, signals, and the notifications of a worker.

use crate::{Result, Server, prefork};

/// Serves in this process until a signal stops it, and notifies the supervisor or systemd, if there
/// is one.
pub(crate) fn single_process(server: Server) -> Result<()> {
    prefork::follow_supervisor()?;
    let runtime = squall_server::runtime()?;
    runtime.block_on(async {
        let handle = server.handle();
        if !prefork::obey_signals(&handle)? {
            tokio::spawn(squall_server::obey_signals(handle)?);
        }
        prefork::serve(server).await
    })
}
