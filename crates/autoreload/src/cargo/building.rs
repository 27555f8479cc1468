//! A running build: forwards its output, and can be cancelled.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use super::messages::{Built, Target};
use crate::system::Group;

/// How many bytes of cargo's output a failed build keeps.
const TAIL: usize = 64 << 10;

/// A running build.
#[derive(Debug)]
pub struct Building {
    child: Child,
    wanted: Option<Target>,
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
    pub(super) fn start(mut command: Command, wanted: Option<Target>) -> io::Result<Self> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let (child, group) = Group::spawn(&mut command).map_err(|error| {
            let cargo = command.get_program().to_string_lossy().into_owned();
            io::Error::new(error.kind(), format!("cannot run {cargo}: {error}"))
        })?;
        let group = Arc::new(Mutex::new(Some(group)));
        Ok(Self {
            child,
            wanted,
            cancel: Cancel { group },
        })
    }

    /// Returns a handle that cancels the build from another thread.
    #[must_use]
    pub fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Waits for the end of the build, and writes its output, including progress, to `output`.
    ///
    /// # Errors
    ///
    /// If cargo's output cannot be read or written.
    pub fn wait(mut self, mut output: impl Write + Send + Clone) -> io::Result<Built> {
        let stdout = self.child.stdout.take().expect("it is piped");
        let stderr = self.child.stderr.take().expect("it is piped");
        let mut built = Built::default();
        let tail = thread::scope(|scope| {
            let progress_output = output.clone();
            let progress = scope.spawn(move || copy(stderr, progress_output));
            for line in BufReader::new(stdout).lines() {
                if let Some(text) = built.record(&line?, self.wanted.as_ref()) {
                    output.write_all(text.as_bytes())?;
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
        built.success = self.child.wait()?.success();
        *group = None;
        if !built.success && built.errors.is_empty() {
            built.errors = String::from_utf8_lossy(&tail).into_owned();
        }
        Ok(built)
    }
}

/// Copies each chunk as it arrives, and returns the last [`TAIL`] bytes.
fn copy(mut from: impl Read, mut to: impl Write) -> io::Result<Vec<u8>> {
    let mut tail = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = from.read(&mut chunk)?;
        if count == 0 {
            return Ok(tail);
        }
        to.write_all(&chunk[..count])?;
        to.flush()?;
        tail.extend_from_slice(&chunk[..count]);
        if tail.len() > TAIL {
            tail.drain(..tail.len() - TAIL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Building {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Building::start(command, None).unwrap()
    }

    #[test]
    fn failed_build_without_diagnostics_keeps_output() {
        let built = shell("echo error: no manifest >&2; exit 101")
            .wait(io::sink())
            .unwrap();
        assert!(!built.success);
        assert_eq!(built.errors, "error: no manifest\n");
        assert!(shell("echo fine >&2").wait(io::sink()).unwrap().success);
    }

    #[test]
    fn cancel_terminates_build_and_its_children() {
        // The child, like a compiler, keeps the output open.
        let building = shell("sleep 1000 & wait");
        let cancel = building.cancel();
        let waiting = thread::spawn(|| building.wait(io::sink()));
        cancel.cancel();
        assert!(!waiting.join().unwrap().unwrap().success);
        cancel.cancel();
    }

    #[test]
    fn copy_returns_the_last_bytes() {
        let mut text = vec![b'a'; TAIL];
        text.extend(b"the end");
        let tail = copy(text.as_slice(), io::sink()).unwrap();
        assert_eq!(tail.len(), TAIL);
        assert!(tail.ends_with(b"the end"));
    }
}
