//! Unix: a process group.

use std::{
    io,
    os::unix::process::CommandExt,
    process::{Child, Command},
};

use rustix::process::{Pid, Signal, kill_process_group};

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

    /// Sends SIGTERM to the group. The caller has not reaped the leader, so that no other group
    /// has this id.
    pub(crate) fn terminate(self) {
        // The group may have just exited.
        let _ = kill_process_group(self.0, Signal::TERM);
    }
}
