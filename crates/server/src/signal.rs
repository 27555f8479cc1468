//! Signals as orders to stop.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

use crate::{Handle, Stop};

/// Turns signals into orders: SIGTERM and SIGQUIT stop gracefully, SIGINT quickly, and any second
/// one now. The future never ends; run it beside the server, in a runtime.
///
/// # Errors
///
/// When the system refuses a handler.
pub fn obey_signals(handle: Handle) -> io::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut quit = signal(SignalKind::quit())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        loop {
            let how = tokio::select! {
                _ = terminate.recv() => Stop::Graceful,
                _ = quit.recv() => Stop::Graceful,
                _ = interrupt.recv() => Stop::Quick,
            };
            let how = if handle.order().is_some() {
                Stop::Now
            } else {
                how
            };
            tracing::info!(?how, "told to stop by a signal");
            handle.stop(how);
        }
    })
}
