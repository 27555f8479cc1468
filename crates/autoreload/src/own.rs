//! What a program does for its own sake: it hands over when it is built anew, and ends with `squall dev`.

use std::{env, io, time::Duration};

use rustix::process::{
    Pid, Signal, getpid, getppid, kill_process, set_parent_process_death_signal,
};

use crate::{Roots, Watch, Watching};

/// The environment variable that tells the process id of `squall dev`.
pub const DEV_PID: &str = "SQUALL_DEV_PID";

/// Calls `on_change` when the executable of this process has been replaced, by `cargo build` for
/// instance. The watch ends when what is returned is dropped.
///
/// In a supervisor that takes SIGHUP for an order to reload, [`hang_up`] is what to call:
///
/// ```
/// let watching = squall_autoreload::watch_own_executable(squall_autoreload::hang_up)?;
/// # drop(watching);
/// # Ok::<_, std::io::Error>(())
/// ```
///
/// # Errors
///
/// When the system does not tell which executable it is, or there can be no thread.
pub fn watch_own_executable(mut on_change: impl FnMut() + Send + 'static) -> io::Result<Watching> {
    let executable = env::current_exe()?;
    Watch::new(Roots::new().path(&executable))
        // A linker writes for longer than an editor.
        .quiet(Duration::from_millis(100))
        .start(move |_| {
            // cargo removes the old one first.
            if executable.is_file() {
                on_change();
            }
        })
}

/// Sends SIGHUP to this process.
pub fn hang_up() {
    // A process may always signal itself.
    let _ = kill_process(getpid(), Signal::HUP);
}

/// Asks the kernel for a SIGTERM when `squall dev` is gone, however it ended, so that no orphan stays
/// on its port. Does nothing in a process that it has not started itself.
///
/// # Errors
///
/// When the kernel refuses.
pub fn stop_with_dev() -> io::Result<()> {
    let parent = env::var(DEV_PID).ok().and_then(|pid| pid.parse().ok());
    let Some(parent) = parent.and_then(Pid::from_raw) else {
        return Ok(());
    };
    if getppid() != Some(parent) {
        return Ok(());
    }
    set_parent_process_death_signal(Some(Signal::TERM))?;
    // It may have died before we asked.
    if getppid() != Some(parent) {
        kill_process(getpid(), Signal::TERM)?;
    }
    Ok(())
}
