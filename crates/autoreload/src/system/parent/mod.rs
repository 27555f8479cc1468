//! Graceful shutdown when the parent process exits.

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
use self::signal::on_exit_of;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
use self::thread::on_exit_of;

/// Sends SIGTERM to this process when its parent exits. Does nothing if `pid` is not its parent.
pub(crate) fn stop_with_parent(pid: i32) -> io::Result<()> {
    let Some(parent) = Pid::from_raw(pid).filter(|&pid| getppid() == Some(pid)) else {
        return Ok(());
    };
    on_exit_of(parent)?;
    // The parent may have exited before the call.
    if getppid() != Some(parent) {
        terminate();
    }
    Ok(())
}

fn terminate() {
    // A process may always signal itself.
    let _ = kill_process(getpid(), Signal::TERM);
}
