//! Reload of this process when its executable is rebuilt, and its end with `squall dev`.

use std::{env, io, path::PathBuf, time::Duration};

use crate::{Roots, Watch, Watching, system};

/// The environment variable with the process id of `squall dev`.
pub const DEV_PID: &str = "SQUALL_DEV_PID";

/// Sends SIGHUP to this process, a supervisor in debug mode, whenever the program has been rebuilt.
/// Under `squall dev`, which sends the signal itself, nothing is watched, and this
/// process ends with it ([`stop_with_dev`]). Otherwise the watch ends when the result is dropped.
///
/// Call it right before the signal is handled: until then, SIGHUP would end the process.
///
/// # Errors
///
/// If the path of the executable is unknown, no thread can be spawned, or the system has no SIGHUP.
pub fn hand_over_when_built() -> io::Result<Option<Watching>> {
    if env::var_os(DEV_PID).is_some() {
        stop_with_dev()?;
        return Ok(None);
    }
    watch_own_executable(system::reload_signal()?).map(Some)
}

/// Calls `on_change` when the executable of this process has been replaced, for instance by
/// `cargo build`. The watch ends when the result is dropped.
///
/// ```
/// let watching = squall_autoreload::watch_own_executable(|| println!("there is another"))?;
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
        // A linker writes longer than an editor.
        .quiet(Duration::from_millis(100))
        .start(move |_| {
            // Cargo removes the old file first.
            if executable.is_file() {
                on_change();
            }
        })
}

/// Stops this process, by SIGTERM, when `squall dev` dies, however it ends, so that no orphan keeps
/// its port. Does nothing in a process that `squall dev` did not start itself.
///
/// # Errors
///
/// If the system refuses.
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
    fn a_new_build_calls_on_change_once_it_exists() {
        let place = tempfile::tempdir().unwrap();
        let program = place.path().join("program");
        fs::write(&program, "one").unwrap();
        let (tell, told) = channel();
        let watching = watch_executable(program.clone(), move || tell.send(()).unwrap()).unwrap();
        for build in ["two", "three"] {
            fs::remove_file(&program).unwrap();
            fs::write(place.path().join("linking"), build).unwrap();
            fs::rename(place.path().join("linking"), &program).unwrap();
            told.recv_timeout(Duration::from_secs(30)).unwrap();
        }
        fs::remove_file(&program).unwrap();
        drop(watching);
        assert!(told.recv().is_err(), "no executable is left to reload");
    }

    #[test]
    fn a_process_without_dev_does_not_stop_with_its_parent() {
        assert!(stop_with_dev().is_ok());
    }
}
