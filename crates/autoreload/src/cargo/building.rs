//! A running build: forwards its output, and can be cancelled.

use std::{
    io::{self, BufRead, BufReader},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, SystemTime},
};

use super::{
    launch::Recorder,
    messages::Built,
    output::{Output, OwnedOutput, Splitter},
    runner::RunnerConfig,
};
use crate::system::Group;

/// A file's time may be so much before the time of the clock at which it was written.
const CLOCK: Duration = Duration::from_millis(20);

/// A running build.
#[derive(Debug)]
pub struct Building {
    child: Child,
    /// Ends with this process, and so the build.
    stdin: Option<ChildStdin>,
    recorder: Recorder,
    config: RunnerConfig,
    started: SystemTime,
    cancel: Cancel,
}

/// Cancels a build, and the compilers that it has started.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// `None` once the build has ended, since its process id can be reused.
    group: Arc<Mutex<Option<Group>>>,
}

impl Cancel {
    /// Terminates the build. Does nothing once it has ended.
    pub fn cancel(&self) {
        if let Some(group) = *self.group.lock().unwrap_or_else(PoisonError::into_inner) {
            group.terminate();
        }
    }
}

impl Building {
    pub(super) fn start(
        mut command: Command,
        recorder: Recorder,
        config: RunnerConfig,
    ) -> io::Result<Self> {
        let now = SystemTime::now();
        let started = now.checked_sub(CLOCK).unwrap_or(now);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let (mut child, group) = Group::spawn(&mut command).map_err(|error| {
            let cargo = command.get_program().to_string_lossy().into_owned();
            io::Error::new(error.kind(), format!("cannot run {cargo}: {error}"))
        })?;
        let group = Arc::new(Mutex::new(Some(group)));
        Ok(Self {
            stdin: child.stdin.take(),
            child,
            recorder,
            config,
            started,
            cancel: Cancel { group },
        })
    }

    /// Returns a handle that cancels the build from another thread.
    #[must_use]
    pub fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Waits for the end of the build, and passes its output on.
    ///
    /// # Errors
    ///
    /// If cargo's output cannot be read, or `on_output` returns an error.
    pub fn wait(
        mut self,
        on_output: impl FnMut(Output<'_>) -> io::Result<()> + Send,
    ) -> io::Result<Built> {
        let stdout = self.child.stdout.take().expect("it is piped");
        let stderr = self.child.stderr.take().expect("it is piped");
        let mut built = Built::new(self.started);
        let mut splitter = Splitter::new(self.recorder.runner());
        let on_output = Mutex::new(on_output);
        let write = |output: Output<'_>| {
            let mut on_output = on_output.lock().unwrap_or_else(PoisonError::into_inner);
            (*on_output)(output)
        };
        thread::scope(|scope| {
            let progress = scope.spawn(|| splitter.read(stderr, write));
            for line in BufReader::new(stdout).split(b'\n') {
                if let Some(output) = built.record(&line?).as_ref().map(OwnedOutput::borrow) {
                    write(output)?;
                }
            }
            progress.join().unwrap_or_else(|_| {
                Err(io::Error::other(
                    "the thread that reads cargo's progress panicked",
                ))
            })
        })?;
        // Reaped and cleared under the lock, so that a later cancel cannot hit another process.
        let mut group = self
            .cancel
            .group
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let success = self.child.wait()?.success();
        *group = None;
        drop(self.stdin.take());
        if success {
            let runner = self.config.runner.as_ref();
            built.launch = Some(self.recorder.launch(&self.config.variable, runner)?);
        } else {
            built.fail(&splitter.tail());
        }
        built.ended = SystemTime::now();
        Ok(built)
    }
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, fs, path::Path};

    use super::*;

    fn shell(script: &str, file: &Path) -> Building {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let recorder = Recorder::new(&[OsStr::new("runner")], file.to_owned()).unwrap();
        Building::start(command, recorder, RunnerConfig::default()).unwrap()
    }

    fn ignore(_: Output<'_>) -> io::Result<()> {
        Ok(())
    }

    #[test]
    fn failed_build_without_diagnostics_keeps_output() {
        let built = shell("echo error: no manifest >&2; exit 101", Path::new("none"))
            .wait(ignore)
            .unwrap();
        assert_eq!(built.launch, None);
        assert_eq!(built.errors(), "error: no manifest\n");
    }

    #[test]
    fn good_build_has_the_recorded_launch() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("launch");
        let launch = r#"{"directory":"/","executable":"/bin/a","program":"/bin/a","arguments":[],"environment":[]}"#;
        fs::write(&file, launch).unwrap();
        let built = shell("true", &file).wait(ignore).unwrap();
        let launch = built.launch.expect("it was recorded");
        assert_eq!(launch.executable(), Path::new("/bin/a"));
        let missing = shell("true", &place.path().join("none")).wait(ignore);
        let error = missing.unwrap_err().to_string();
        assert!(error.contains("cargo did not call the runner"), "{error}");
    }

    #[test]
    fn cancel_terminates_build_and_its_children() {
        // The child, like a compiler, keeps the output open.
        let building = shell("sleep 1000 & wait", Path::new("none"));
        let cancel = building.cancel();
        let waiting = thread::spawn(|| building.wait(ignore));
        cancel.cancel();
        assert_eq!(waiting.join().unwrap().unwrap().launch, None);
        cancel.cancel();
    }
}
