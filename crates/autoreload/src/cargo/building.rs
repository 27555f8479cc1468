//! A build that runs: its words are passed on as they come, and it can be ended.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use rustix::process::{Pid, Signal, kill_process_group};

use super::{Built, command::Target};

/// As much of cargo's own words as a page shows.
const TAIL: usize = 64 << 10;

/// A build that has begun.
#[derive(Debug)]
pub struct Building {
    child: Child,
    wanted: Option<Target>,
    cancel: Cancel,
}

/// Ends a build, and the compilers that it has started.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// `None` once the build is over: its number may be another's then.
    group: Arc<Mutex<Option<Pid>>>,
}

impl Cancel {
    /// Tells the build to end. Does nothing when it is over.
    pub fn cancel(&self) {
        if let Some(group) = *self.group.lock().unwrap_or_else(PoisonError::into_inner) {
            // It may be about to end by itself.
            let _ = kill_process_group(group, Signal::TERM);
        }
    }
}

impl Building {
    pub(super) fn start(mut command: Command, wanted: Option<Target>) -> io::Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| {
                let cargo = command.get_program().to_string_lossy().into_owned();
                io::Error::new(error.kind(), format!("cannot run {cargo}: {error}"))
            })?;
        let group = Arc::new(Mutex::new(Some(Pid::from_child(&child))));
        Ok(Self {
            child,
            wanted,
            cancel: Cancel { group },
        })
    }

    /// The way to end it from another thread.
    #[must_use]
    pub fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Waits for its end, and passes on its words, progress included, as they come.
    ///
    /// # Errors
    ///
    /// When cargo's words cannot be read.
    pub fn wait(mut self, mut words: impl Write + Send + Clone) -> io::Result<Built> {
        let stdout = self.child.stdout.take().expect("it is piped");
        let stderr = self.child.stderr.take().expect("it is piped");
        let mut built = Built::default();
        let said = thread::scope(|scope| {
            let progress_words = words.clone();
            let progress = scope.spawn(move || pass_on(stderr, progress_words));
            for line in BufReader::new(stdout).lines() {
                if let Some(text) = built.hear(&line?, self.wanted.as_ref()) {
                    words.write_all(text.as_bytes())?;
                }
            }
            progress
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("it panicked")))
        })?;
        // Whoever cancels now finds nothing, so no other process can be meant.
        let mut group = self
            .cancel
            .group
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        built.success = self.child.wait()?.success();
        *group = None;
        if !built.success && built.errors.is_empty() {
            built.errors = String::from_utf8_lossy(&said).into_owned();
        }
        Ok(built)
    }
}

/// Copies as it comes, and returns the end of it.
fn pass_on(mut from: impl Read, mut to: impl Write) -> io::Result<Vec<u8>> {
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
    fn words_without_a_compiler() {
        let built = shell("echo error: no manifest >&2; exit 101")
            .wait(io::sink())
            .unwrap();
        assert!(!built.success);
        assert_eq!(built.errors, "error: no manifest\n");
        assert!(shell("echo fine >&2").wait(io::sink()).unwrap().success);
    }

    #[test]
    fn a_build_can_be_ended() {
        // The compiler is a child of cargo's, and holds cargo's output open.
        let building = shell("sleep 1000 & wait");
        let cancel = building.cancel();
        let waiting = thread::spawn(|| building.wait(io::sink()));
        cancel.cancel();
        assert!(!waiting.join().unwrap().unwrap().success);
        cancel.cancel();
    }

    #[test]
    fn only_the_end_is_kept() {
        let mut text = vec![b'a'; TAIL];
        text.extend(b"the end");
        let tail = pass_on(text.as_slice(), io::sink()).unwrap();
        assert_eq!(tail.len(), TAIL);
        assert!(tail.ends_with(b"the end"));
    }
}
