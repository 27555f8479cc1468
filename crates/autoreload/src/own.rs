//! A program that hands over by itself when it is built anew.

use std::{env, io, time::Duration};

use rustix::process::{Signal, getpid, kill_process};

use crate::{Roots, Watch, Watching};

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
