//! Identity of this process: whether it is a worker, which one, and of which supervisor.

use std::{
    env, ffi::CString, io, os::unix::ffi::OsStrExt, path::Path, sync::OnceLock, time::Duration,
};

use rustix::process::{Pid, Signal, getpgrp, getpid, getppid, kill_process};

use crate::system;

pub(crate) const TASK_ID: &str = "SQUALL_TASK_ID";
pub(crate) const GENERATION: &str = "SQUALL_GENERATION";
pub(crate) const SUPERVISOR: &str = "SQUALL_SUPERVISOR";
pub(crate) const CONTROL: &str = "SQUALL_CONTROL";

/// Which worker this process is, 0…n-1 as Tornado's `task_id()`, or `None` in any other process.
///
/// A worker's children inherit its environment; the parent's id shows that they are no workers.
#[must_use]
pub fn task_id() -> Option<usize> {
    static TASK: OnceLock<Option<usize>> = OnceLock::new();
    *TASK.get_or_init(|| {
        let supervisor = Pid::from_raw(env::var(SUPERVISOR).ok()?.parse().ok()?)?;
        // A supervisor that is killed while a worker starts leaves a worker without parent, which
        // must not take itself for a supervisor. It leads its process group, unlike its children.
        let is_orphan = || getpgrp() == getpid() && has_ended(supervisor);
        (getppid() == Some(supervisor) || is_orphan()).then_some(())?;
        env::var(TASK_ID).ok()?.parse().ok()
    })
}

/// Looks for some time: a process that is being killed loses its children before it ends.
fn has_ended(process: Pid) -> bool {
    (0..10).any(|_| {
        if !system::is_running(process) {
            return true;
        }
        std::thread::park_timeout(Duration::from_millis(5));
        false
    })
}

/// Whether a supervisor of this crate started this process.
#[must_use]
pub fn is_worker() -> bool {
    task_id().is_some()
}

/// Whether this is a worker whose supervisor still lives.
pub(crate) fn has_supervisor() -> bool {
    let supervisor = supervisor();
    supervisor.is_some() && getppid() == supervisor
}

fn supervisor() -> Option<Pid> {
    let supervisor = env::var(SUPERVISOR).ok()?.parse().ok();
    supervisor.and_then(Pid::from_raw).filter(|_| is_worker())
}

/// Which executable this worker runs, counted by its supervisor from 1.
#[must_use]
pub fn generation() -> Option<u64> {
    task_id()?;
    env::var(GENERATION).ok()?.parse().ok()
}

/// Sends this process a SIGTERM when the supervisor is gone, so that no orphan stays on its port.
/// Does nothing in a process that is no worker. Linux and FreeBSD signal at once; elsewhere a
/// thread looks twice a second.
///
/// # Errors
///
/// When the system refuses.
pub fn stop_with_supervisor() -> io::Result<()> {
    stop_with(system::stop_with_parent)
}

/// As [`stop_with_supervisor`], before this process executes a program that is not ours.
pub(crate) fn stop_program_with_supervisor() -> io::Result<()> {
    stop_with(system::stop_program_with_parent)
}

fn stop_with(watch: fn(Pid) -> io::Result<()>) -> io::Result<()> {
    let Some(supervisor) = supervisor() else {
        return Ok(());
    };
    watch(supervisor)?;
    // It may have died before we asked.
    if getppid() != Some(supervisor) {
        kill_process(getpid(), Signal::TERM)?;
    }
    Ok(())
}

/// Sets the process's name: started through a descriptor, it would be called by its number in `ps`.
pub(crate) fn name_process() {
    let name = env::args_os().next().and_then(|path| {
        let name = Path::new(&path).file_name()?.as_bytes().to_vec();
        CString::new(name.into_iter().take(15).collect::<Vec<u8>>()).ok()
    });
    if let Some(name) = name {
        system::name_process(&name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_no_worker() {
        assert_eq!((task_id(), generation()), (None, None));
        assert!(stop_with_supervisor().is_ok());
    }
}
