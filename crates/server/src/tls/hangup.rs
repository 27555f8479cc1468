//! SIGHUP reads the certificates again.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

use crate::Handle;

/// Reads certificates again on SIGHUP. The future never ends; spawn it beside the server.
///
/// # Errors
///
/// When the system refuses a handler.
pub fn reload_certificates_on_hangup(
    handle: Handle,
) -> io::Result<impl Future<Output = ()> + Send> {
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        while hangup.recv().await.is_some() {
            handle.reload_certificates();
        }
    })
}
