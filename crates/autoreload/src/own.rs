//! Reload of this process when its executable is rebuilt, and graceful shutdown with `squall dev`.

use std::{env, io, path::PathBuf, time::Duration};

use crate::{Roots, Watch, Watching, system};

/// The environment variable with the process id of `squall dev`.
pub const DEV_PID: &str = "SQUALL_DEV_PID";

/// Sends SIGHUP to this process, a supervisor in debug mode, when its executable has been rebuilt.
/// Dropping the result ends the watch.
///
/// Under `squall dev`, which sends SIGHUP itself, this function watches nothing and calls
/// [`stop_with_dev`].
///
/// Call it right before the program handles SIGHUP: until then, the signal ends the process.
///
/// # Errors
///
/// If the path of the executable is unknown, no thread can be spawned, or the system has no SIGHUP.
pub fn reload_when_rebuilt() -> io::Result<Option<Watching>> {
    if env::var_os(DEV_PID).is_some() {
        stop_with_dev()?;
        return Ok(None);
    }
    watch_own_executable(system::reload_signal()?).map(Some)
}

/// Calls `on_change` when the executable of this process has been replaced, for instance by
/// `cargo build`. Dropping the result ends the watch.
///
/// ```
/// let watching = squall_autoreload::watch_own_executable(|| println!("rebuilt"))?;
/// # drop(watching);
/// # Ok::<_, std::io::Error>(())
/// ```
///
/// # Errors
///
/// If the path of the executable is unknown, or no thread can be spawned.
pub fn watch_own_executable(on_change: impl FnMut() + Send + 'static) -> io::Result<Watching> {
    watch_executable(env::current_exe()?, on_change)
}

fn watch_executable(
    executable: PathBuf,
    mut on_change: impl FnMut() + Send + 'static,
) -> io::Result<Watching> {
    Watch::new(Roots::new().path(&executable))
        // Longer than the default: a linker writes in several steps.
        .quiet(Duration::from_millis(100))
        .start(move |_| {
            // cargo removes the old file before it writes the new one.
            if executable.is_file() {
                on_change();
            }
        })
}

/// Sends SIGTERM to this process when `squall dev` exits or is killed, so that no orphan keeps its
/// port. Does nothing if `squall dev` is not the parent process.
///
/// # Errors
///
/// If the system cannot watch the parent process.
pub fn stop_with_dev() -> io::Result<()> {
    match env::var(DEV_PID).ok().and_then(|pid| pid.parse().ok()) {
        Some(pid) => system::stop_with_parent(pid),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::mpsc::channel};

    use super::*;

    #[test]
    fn on_change_is_called_when_the_new_executable_exists() {
        let place = tempfile::tempdir().unwrap();
        let program = place.path().join("program");
        fs::write(&program, "one").unwrap();
        let (sender, calls) = channel();
        let watching = watch_executable(program.clone(), move || sender.send(()).unwrap()).unwrap();
        for build in ["two", "three"] {
            fs::remove_file(&program).unwrap();
            fs::write(place.path().join("linking"), build).unwrap();
            fs::rename(place.path().join("linking"), &program).unwrap();
            calls.recv_timeout(Duration::from_secs(30)).unwrap();
        }
        fs::remove_file(&program).unwrap();
        drop(watching);
        assert!(calls.recv().is_err(), "no executable is left to reload");
    }

    #[test]
    fn stop_with_dev_does_nothing_without_squall_dev() {
        assert!(stop_with_dev().is_ok());
    }
}
