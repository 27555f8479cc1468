//! Log output: standard error for lines of the log, where a reader that has stopped blocks nothing.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::{AsFd, BorrowedFd},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{FileType, Mode, OFlags, fstat, open},
    io::Errno,
    net::{SendFlags, send},
};

/// How long a line waits for a reader. One that reads, however slowly, loses nothing; one that has
/// stopped costs this once, since the next lines do not wait until something was read.
const PATIENCE: Duration = Duration::from_millis(200);

/// How much fits into a pipe that is ready (POSIX's `PIPE_BUF` on Linux; nowhere is it less than
/// 512).
const ATOMIC: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

/// Standard error for a log that may lose lines but never blocks the program.
///
/// A pipe without an active reader, as in `program | sleep 1000`, or a container runtime that is
/// stuck, would block every thread that logs, and with it the reaction to SIGTERM. Here lines are
/// dropped after a short wait, and counted: the next line that can be written is preceded by their
/// number. Each write is done at once, by the thread that logs, so there is nothing to flush at an
/// exit or a panic.
///
/// Each write should be one line, as `tracing_subscriber`'s are.
///
/// # Examples
///
/// ```
/// use std::io::Write;
/// use squall_prefork::LogOutput;
///
/// let log = LogOutput::stderr();
/// writeln!(&log, "ready")?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct LogOutput {
    target: Target,
    state: Mutex<State>,
}

#[derive(Debug)]
enum Target {
    /// An open file description of our own, because one that does not block is shared with the
    /// process at the other end of a shell's `2>&1`.
    Pipe(File),
    Socket,
    /// A file on a disk, which is always ready.
    File,
    /// Another file that can be polled, and is written to in small parts when it is ready.
    Other,
}

/// A time from the first wait on: a line that does not wait needs no clock.
#[derive(Debug)]
enum Deadline {
    In(Duration),
    At(Instant),
}

impl Deadline {
    fn begin(&mut self) -> Instant {
        let at = match *self {
            Self::In(time) => Instant::now() + time,
            Self::At(at) => at,
        };
        *self = Self::At(at);
        at
    }
}

#[derive(Debug, Default)]
struct State {
    dropped: u64,
    /// The reader has stopped: a line waited in vain, and nothing was read since.
    is_stuck: bool,
    /// The last line was cut off.
    is_cut: bool,
}

impl LogOutput {
    /// The standard error of this process.
    #[must_use]
    pub fn stderr() -> Self {
        let stderr = io::stderr();
        let kind = fstat(&stderr).map(|stat| FileType::from_raw_mode(stat.st_mode));
        let target = match kind {
            Ok(FileType::Fifo) => own_description().map_or(Target::Other, Target::Pipe),
            Ok(FileType::Socket) => Target::Socket,
            Ok(FileType::RegularFile) => Target::File,
            _ => Target::Other,
        };
        Self {
            target,
            state: Mutex::default(),
        }
    }

    fn write_line(&self, state: &mut State, line: &[u8]) {
        let patience = if state.is_stuck {
            Duration::ZERO
        } else {
            PATIENCE
        };
        let mut deadline = Deadline::In(patience);
        let mut note = Vec::new();
        if state.is_cut {
            note.push(b'\n');
        }
        if state.dropped > 0 {
            let dropped = state.dropped;
            note.extend_from_slice(
                format!("squall: dropped {dropped} lines of the log, since nobody read it\n")
                    .as_bytes(),
            );
        }
        for (bytes, is_note) in [(&note[..], true), (line, false)] {
            match self.write_before(&mut deadline, bytes) {
                Ok(()) if is_note => (state.dropped, state.is_cut) = (0, false),
                Ok(()) => state.is_stuck = false,
                Err(written) => {
                    state.dropped += 1;
                    state.is_stuck = true;
                    state.is_cut |= written > 0;
                    return;
                }
            }
        }
    }

    /// The error is how much was written when the time was up, or when there was no reader left.
    fn write_before(&self, deadline: &mut Deadline, bytes: &[u8]) -> Result<(), usize> {
        let mut written = 0;
        while written < bytes.len() {
            match self.try_write(&bytes[written..]) {
                Ok(count) => written += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    if !self.is_ready_before(Some(deadline.begin())) {
                        return Err(written);
                    }
                }
                Err(_) => return Err(written),
            }
        }
        Ok(())
    }

    fn try_write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        match &self.target {
            Target::Pipe(pipe) => rustix::io::write(pipe, bytes),
            Target::Socket => send(io::stderr(), bytes, SendFlags::DONTWAIT),
            Target::File => rustix::io::write(io::stderr(), bytes),
            Target::Other if !self.is_ready_before(None) => Err(Errno::AGAIN),
            Target::Other => rustix::io::write(io::stderr(), &bytes[..bytes.len().min(ATOMIC)]),
        }
    }

    /// Waits until the deadline, or not at all.
    fn is_ready_before(&self, deadline: Option<Instant>) -> bool {
        let stderr = io::stderr();
        let descriptor: BorrowedFd<'_> = match &self.target {
            Target::Pipe(pipe) => pipe.as_fd(),
            Target::Socket | Target::File | Target::Other => stderr.as_fd(),
        };
        loop {
            let left = deadline.map_or(Duration::ZERO, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            let left = Timespec {
                tv_sec: 0,
                tv_nsec: left.min(PATIENCE).subsec_nanos().into(),
            };
            match poll(&mut [PollFd::new(&descriptor, PollFlags::OUT)], Some(&left)) {
                Err(Errno::INTR) => {}
                Ok(ready) => return ready > 0,
                Err(_) => return false,
            }
        }
    }
}

/// Opens the pipe again: what does not block then is this description alone.
fn own_description() -> Option<File> {
    // Elsewhere this would be the same description once more.
    if !cfg!(target_os = "linux") {
        return None;
    }
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let descriptor = open("/proc/self/fd/2", flags, Mode::empty()).ok()?;
    Some(descriptor.into())
}

impl Write for &LogOutput {
    /// Always succeeds: a log that cannot be written must not fail what it is about.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.write_line(&mut state, line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
