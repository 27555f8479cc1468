//! Stop signals of the system.

use std::io;

use crate::{Handle, Stop, system::StopSignals};

/// Stops the server on signals: SIGTERM and SIGQUIT gracefully, SIGINT quickly, and at once on any second
/// signal. On Windows, Ctrl-Break and the end of the session stop it gracefully, Ctrl-C quickly.
///
/// The future never ends; run it beside the server, in a runtime.
///
/// # Errors
///
/// If the system refuses a handler.
pub fn obey_signals(handle: Handle) -> io::Result<impl Future<Output = ()> + Send> {
    let mut signals = StopSignals::new()?;
    Ok(async move {
        loop {
            let mode = signals.recv().await;
            let is_second = handle.order().is_some();
            let mode = if is_second { Stop::Now } else { mode };
            tracing::info!(?mode, "stop signal");
            handle.stop(mode);
        }
    })
}
