//! Unix: SIGHUP, inode numbers and errors of inotify.

use std::{fs::Metadata, io, os::unix::fs::MetadataExt};

use rustix::{
    io::Errno,
    process::{Signal, getpid, kill_process},
};

/// Returns a function that sends SIGHUP to this process.
pub(crate) fn reload_signal() -> io::Result<impl FnMut() + Send + 'static> {
    Ok(|| {
        // A process may always signal itself.
        let _ = kill_process(getpid(), Signal::HUP);
    })
}

/// Returns the inode number, which changes if another file is renamed to this path.
pub(crate) fn file_id(metadata: &Metadata) -> u64 {
    metadata.ino()
}

/// Whether a limit of inotify is reached: ENOSPC for watches, EMFILE for instances.
pub(crate) fn is_out_of_watches(error: &io::Error) -> bool {
    [Errno::NOSPC, Errno::MFILE]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}
