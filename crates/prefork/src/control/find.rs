//! Finds supervisors that run now, for people who do not want to write paths.

use std::env;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// The control sockets of this user's supervisors that answer, where supervisors put them when
/// nothing else is [said](crate::Supervisor::control): in `XDG_RUNTIME_DIR`, or where temporary
/// files go. Those that systemd started have theirs in a directory of their unit.
#[must_use]
pub fn find() -> Vec<PathBuf> {
    let user = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let mut found: Vec<PathBuf> = user
        .into_iter()
        .chain([env::temp_dir()])
        .filter_map(|parent| fs::read_dir(parent).ok())
        .flat_map(|entries| entries.filter_map(Result::ok))
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("squall-"))
        .map(|entry| entry.path().join("control"))
        .filter(|path| UnixStream::connect(path).is_ok())
        .collect();
    found.sort();
    found.dedup();
    found
}
