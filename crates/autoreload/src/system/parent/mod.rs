//! Stops this process when its parent dies.

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
mod signal;
#[cfg(any(
    test,
    not(any(target_os = "linux", target_os = "android", target_os = "freebsd"))
))]
mod thread;

use std::io;

use rustix::process::{Pid, Signal, getpid, getppid, kill_process};

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
use self::signal::on_death_of;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
use self::thread::on_death_of;

/// Sends SIGTERM to this process when its parent dies. Does nothing if another process is the parent.
pub(crate) fn stop_with_parent(pid: i32) -> io::Result<()> {
    let Some(parent) = Pid::from_raw(pid).filter(|&pid| getppid() == Some(pid)) else {
        return Ok(());
    };
    on_death_of(parent)?;
    // The parent may have died before the call.
    if getppid() != Some(parent) {
        terminate();
    }
    Ok(())
}

fn terminate() {
    // A process may always signal itself.
    let _ = kill_process(getpid(), Signal::TERM);
}
