//! What a program does for its own sake: it hands over when it is built anew, and ends with `squall dev`.

use std::{env, io, path::PathBuf, time::Duration};

use rustix::process::{
    Pid, Signal, getpid, getppid, kill_process, set_parent_process_death_signal,
};

use crate::{Roots, Watch, Watching};

/// The environment variable that tells the process id of `squall dev`.
pub const DEV_PID: &str = "SQUALL_DEV_PID";

/// For a supervisor that debugs and takes SIGHUP for an order to reload: hands over whenever the
/// program has been built. Under `squall dev`, which gives the orders, there is nothing to watch, and this
/// process ends with it ([`stop_with_dev`]). Otherwise the watch ends when what is returned is dropped.
///
/// Call it right before the signal is handled: until then, SIGHUP would end the process.
///
/// # Errors
///
/// When the system does not tell which executable this is, or there can be no thread.
pub fn hand_over_when_built() -> io::Result<Option<Watching>> {
    if env::var_os(DEV_PID).is_some() {
        stop_with_dev()?;
        return Ok(None);
    }
    watch_own_executable(hang_up).map(Some)
}

/// Calls `on_change` when the executable of this process has been replaced, by `cargo build` for
/// instance. The watch ends when what is returned is dropped.
///
/// ```
/// let watching = squall_autoreload::watch_own_executable(|| println!("there is another"))?;
/// # drop(watching);
/// # Ok::<_, std::io::Error>(())
/// ```
///
/// # Errors
///
/// When the system does not tell which executable it is, or there can be no thread.
pub fn watch_own_executable(on_change: impl FnMut() + Send + 'static) -> io::Result<Watching> {
    watch_executable(env::current_exe()?, on_change)
}

fn watch_executable(
    executable: PathBuf,
    mut on_change: impl FnMut() + Send + 'static,
) -> io::Result<Watching> {
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

fn hang_up() {
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

#[cfg(test)]
mod tests {
    use std::{fs, sync::mpsc::channel};

    use super::*;

    #[test]
    fn a_new_build_is_told_once_it_is_there() {
        let place = testkit::temp_dir();
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
        assert!(told.recv().is_err(), "nothing is there to hand over to");
    }

    #[test]
    fn nobody_ends_with_a_stranger() {
        assert!(stop_with_dev().is_ok());
    }
}
