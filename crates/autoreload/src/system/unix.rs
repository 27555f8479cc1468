//! Unix: SIGHUP, inode numbers and errors of inotify.

use std::{fs::Metadata, io, os::unix::fs::MetadataExt};

use rustix::{
    io::Errno,
    process::{Signal, getpid, kill_process},
};

/// Returns what sends SIGHUP to this process.
pub(crate) fn reload_signal() -> io::Result<impl FnMut() + Send + 'static> {
    Ok(|| {
        // A process may always signal itself.
        let _ = kill_process(getpid(), Signal::HUP);
    })
}

/// Returns the number of the file, which differs if another file was renamed to its path.
pub(crate) fn file_id(metadata: &Metadata) -> u64 {
    metadata.ino()
}

/// Whether the kernel has no watch left. inotify returns ENOSPC if the user has no watches left, and
/// EMFILE if the user has no instances left.
pub(crate) fn is_out_of_watches(error: &io::Error) -> bool {
    [Errno::NOSPC, Errno::MFILE]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}
