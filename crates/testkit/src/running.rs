//! A child process that cannot outlive its test, and whose words are kept.

use std::{
    io::{BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use rustix::process::{self, Pid};

use crate::wait::{LIMIT, wait_at_most};

/// A child process in a process group of its own, with its standard output and error collected
/// line by line.
///
/// Dropping it kills the whole group with SIGKILL. If the test is panicking, the child's
/// output is printed first.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    pid: Pid,
    log: Arc<Log>,
}

/// Signals that [`Running::signal`] can send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// SIGHUP.
    Hup,
    /// SIGINT.
    Int,
    /// SIGQUIT.
    Quit,
    /// SIGUSR1.
    Usr1,
    /// SIGUSR2.
    Usr2,
    /// SIGTERM.
    Term,
    /// SIGKILL.
    Kill,
    /// SIGSTOP.
    Stop,
    /// SIGCONT.
    Cont,
}

impl Running {
    /// Starts `command`, with nothing on its standard input.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[track_caller]
    pub fn spawn(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("can't start {name}: {error}"));
        let pid = Pid::from_child(&child);
        let log = Arc::new(Log::default());
        Log::follow(&log, child.stdout.take().expect("stdout is piped"));
        Log::follow(&log, child.stderr.take().expect("stderr is piped"));
        Self {
            name,
            child,
            pid,
            log,
        }
    }

    /// The child's process id, which is also its group's.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line, of standard output or error, that contains `needle`, and returns it
    /// without its line end. Lines that came before the call count.
    ///
    /// # Panics
    ///
    /// After 30 seconds, or when the child has closed both streams without such a line.
    #[expect(
        clippy::must_use_candidate,
        reason = "most callers want the fact, not the line"
    )]
    #[track_caller]
    pub fn wait_line(&self, needle: &str) -> String {
        let lines = self.log.wait(LIMIT, |lines| {
            lines.readers == 0 || lines.find(needle).is_some()
        });
        match lines.find(needle) {
            Some(line) => line.to_owned(),
            None => panic!("{} never said {needle:?}", self.name),
        }
    }

    /// Returns the child's output so far, both streams in the order of arrival.
    #[must_use]
    pub fn output(&self) -> String {
        self.log.lock().text.clone()
    }

    /// Sends `signal` to the child alone, not to its group.
    ///
    /// # Panics
    ///
    /// When [`wait`](Self::wait) has already seen the child end.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        if let Err(error) = process::kill_process(self.pid, signal.into()) {
            panic!("can't send {signal:?} to {}: {error}", self.name);
        }
    }

    /// Waits for the child to end.
    ///
    /// # Panics
    ///
    /// After 60 seconds.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        const LIMIT: Duration = Duration::from_secs(60);
        let status = wait_at_most(LIMIT, || self.child.try_wait().expect("our own child"))
            .unwrap_or_else(|| panic!("{} has not ended within {LIMIT:?}", self.name));
        // Its last words may still be in the pipe. Grandchildren may hold the pipe open
        // for as long as they like, so this is no condition. Many short waits, not a long one: if
        // the machine stands still, only one of them passes.
        let _ = (0..100).find(|_| {
            let wait = Duration::from_millis(10);
            self.log.wait(wait, |lines| lines.readers == 0).readers == 0
        });
        status
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the child's words explain the failure of the test"
)]
impl Drop for Running {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!(
                "--- {} ({}) said:\n{}---",
                self.name,
                self.pid(),
                self.output()
            );
        }
        // Fails when the group is empty, which is as good.
        let _ = process::kill_process_group(self.pid, process::Signal::KILL);
        let _ = self.child.wait();
    }
}

impl From<Signal> for process::Signal {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Hup => Self::HUP,
            Signal::Int => Self::INT,
            Signal::Quit => Self::QUIT,
            Signal::Usr1 => Self::USR1,
            Signal::Usr2 => Self::USR2,
            Signal::Term => Self::TERM,
            Signal::Kill => Self::KILL,
            Signal::Stop => Self::STOP,
            Signal::Cont => Self::CONT,
        }
    }
}

/// The lines of a child's two streams, filled by a thread for each.
#[derive(Debug, Default)]
struct Log {
    lines: Mutex<Lines>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Lines {
    text: String,
    readers: usize,
}

impl Log {
    fn follow(log: &Arc<Self>, stream: impl Read + Send + 'static) {
        log.lock().readers += 1;
        let log = Arc::clone(log);
        thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while stream.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                // A last line without its end must not swallow the other stream's next one.
                let text = String::from_utf8_lossy(&line);
                log.lock().text += &format!("{}\n", text.trim_end_matches(['\r', '\n']));
                log.changed.notify_all();
                line.clear();
            }
            log.lock().readers -= 1;
            log.changed.notify_all();
        });
    }

    fn wait(&self, limit: Duration, done: impl Fn(&Lines) -> bool) -> MutexGuard<'_, Lines> {
        self.changed
            .wait_timeout_while(self.lock(), limit, |lines| !done(lines))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        // Text that was appended to by a panicking thread is still worth printing.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn find(&self, needle: &str) -> Option<&str> {
        self.text.lines().find(|line| line.contains(needle))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;
    use crate::wait_until;

    fn shell(script: &str) -> Running {
        Running::spawn(Command::new("sh").args(["-c", script]))
    }

    #[test]
    fn keeps_the_lines_of_both_streams() {
        let mut child = shell("echo one; echo two >&2; printf three");
        assert!(child.wait().success());
        assert_eq!(child.wait_line("tw"), "two");
        assert_eq!(child.wait_line("three"), "three");
        assert_eq!(child.output().len(), "one\ntwo\nthree\n".len());
    }

    #[test]
    fn delivers_signals() {
        let mut child =
            shell("trap 'echo caught; exit 3' USR1; echo ready; while :; do sleep 0.01; done");
        child.wait_line("ready");
        child.signal(Signal::Usr1);
        assert_eq!(child.wait().code(), Some(3));
        assert!(child.output().contains("caught"));
    }

    #[test]
    #[should_panic(expected = "never said \"ready\"")]
    fn does_not_wait_for_a_line_from_the_dead() {
        shell("echo sorry").wait_line("ready");
    }

    #[test]
    fn a_grandchild_does_not_hold_up_wait() {
        let mut child = shell("sleep 1000 & kill -9 $$");
        assert_eq!(child.wait().signal(), Some(9));
    }

    #[test]
    fn drop_kills_the_whole_group() {
        let child = shell("sleep 1000 & echo $! is the grandchild; wait");
        let line = child.wait_line("grandchild");
        let grandchild = line.split(' ').next().unwrap().to_owned();
        drop(child);
        wait_until("the grandchild is gone", || {
            let stat = std::fs::read_to_string(format!("/proc/{grandchild}/stat"));
            stat.map_or(true, |stat| stat.contains(") Z"))
        });
    }
}
