//! SIGHUP reads the certificates again.

use std::io;

use crate::{Handle, system::Hangup};

/// Reads certificates again on SIGHUP; on Windows, never. Spawn the future beside the server.
///
/// # Errors
///
/// If the system refuses a handler.
pub fn reload_certificates_on_hangup(
    handle: Handle,
) -> io::Result<impl Future<Output = ()> + Send> {
    let mut hangup = Hangup::new()?;
    Ok(async move {
        while hangup.recv().await.is_some() {
            handle.reload_certificates();
        }
    })
}
