//! Finds supervisors that run now, for people who do not want to write paths.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use crate::directory;

/// The control sockets of this user's supervisors that answer, where supervisors put them when
/// nothing else is [said](crate::Supervisor::control): in `XDG_RUNTIME_DIR`, or where temporary
/// files go. Those that systemd started have theirs in a directory of their unit, found only where
/// `RUNTIME_DIRECTORY` names it.
#[must_use]
pub fn find() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = directory::all()
        .iter()
        .map(|directory| directory.join(super::NAME))
        .collect();
    found.retain(|path| UnixStream::connect(path).is_ok());
    found
}
