//! Finds the control sockets of running supervisors.

use std::path::{Path, PathBuf};

use super::client::{Client, is_timeout};
use crate::directory;

/// Returns the control sockets of this user's supervisors that accept connections, where
/// supervisors put them when [`control`](crate::Supervisor::control) is not set: in
/// `XDG_RUNTIME_DIR`, and where temporary files go (`/tmp` if `TMPDIR` is of no use). A unit of
/// systemd with `RuntimeDirectory=` has its own, found only where `RUNTIME_DIRECTORY` names it.
#[must_use]
pub fn find() -> Vec<PathBuf> {
    accepting(directory::all())
}

/// As [`find`], in one directory that supervisors use, such as another process's `TMPDIR`.
#[must_use]
pub fn find_in(parent: impl AsRef<Path>) -> Vec<PathBuf> {
    accepting(directory::all_in(parent.as_ref()))
}

fn accepting(directories: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = directories
        .into_iter()
        .map(|directory| directory.join(directory::CONTROL))
        .collect();
    // A full queue is a supervisor's too, which is stopped or stuck.
    found.retain(|path| match Client::connect(path) {
        Ok(_) => true,
        Err(error) => is_timeout(error.kind()),
    });
    found
}

/// Returns the control socket of the supervisor with this process id, if it is one that [`find`]
/// finds.
#[must_use]
pub fn find_process(pid: u32) -> Option<PathBuf> {
    find()
        .into_iter()
        .find(|path| Client::connect(path).is_ok_and(|mut client| client.supervisor() == Some(pid)))
}
