//! Finds the control sockets of running supervisors.

use std::io;
use std::path::PathBuf;

use super::Client;
use crate::directory;

/// Returns the control sockets of this user's supervisors that accept connections, where supervisors
/// put them when [`control`](crate::Supervisor::control) is not set: in `XDG_RUNTIME_DIR`, and where
/// temporary files go (`/tmp` if `TMPDIR` is of no use). A unit of systemd with `RuntimeDirectory=` has its own, found
/// only where `RUNTIME_DIRECTORY` names it.
#[must_use]
pub fn find() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = directory::all()
        .iter()
        .map(|directory| directory.join(super::NAME))
        .collect();
    // A full queue is a supervisor's too, which is stopped or stuck.
    found.retain(|path| match Client::connect(path) {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    });
    found
}
