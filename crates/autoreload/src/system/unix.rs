//! Unix systems.

use std::{
    fs::Metadata,
    io,
    os::unix::{fs::MetadataExt, process::CommandExt},
    process::{Child, Command},
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, getpid, kill_process, kill_process_group},
};

/// A process group: cargo and the compilers that it starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group(Pid);

impl Group {
    /// Spawns a command as the leader of a new group.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<(Child, Self)> {
        let child = command.process_group(0).spawn()?;
        let group = Self(Pid::from_child(&child));
        Ok((child, group))
    }

    /// Sends SIGTERM to the group. The caller keeps its leader unreaped, so the number is not another's.
    pub(crate) fn terminate(self) {
        // The group may have just ended by itself.
        let _ = kill_process_group(self.0, Signal::TERM);
    }
}

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
