//! Terminal input without line buffering and echo, for single-key commands, while `squall dev` is
//! in the foreground.
//!
//! A process in the background that reads the terminal, or sets its modes, is stopped by the kernel
//! (SIGTTIN, SIGTTOU; POSIX, "General Terminal Interface"). So both wait for the foreground.

use std::{
    io::{self, IsTerminal, stdin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::getpgrp,
    termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr},
};
use signal_hook::{
    consts::{SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU},
    flag,
    iterator::Signals,
    low_level,
};

/// How often to look whether the process has come to the foreground.
const INTERVAL: Duration = Duration::from_millis(250);

/// The terminal. Dropping the value restores its modes.
pub(super) struct Keys {
    modes: Arc<Modes>,
}

/// The terminal's modes, set and restored by two threads.
struct Modes {
    /// The modes before ours, while ours are set.
    before: Mutex<Option<Termios>>,
    is_over: AtomicBool,
}

impl Keys {
    /// Calls `on_key` for each key that is pressed while this process is in the foreground.
    /// Returns `None` if standard input is not a terminal.
    pub(super) fn read(on_key: impl FnMut(u8) + Send + 'static) -> io::Result<Option<Self>> {
        if !stdin().is_terminal() {
            return Ok(None);
        }
        // A handler keeps the kernel from stopping this process in the moment between the check of
        // the foreground and the call.
        for signal in [SIGTTIN, SIGTTOU] {
            flag::register(signal, Arc::default())?;
        }
        let modes = Arc::new(Modes {
            before: Mutex::new(None),
            is_over: AtomicBool::new(false),
        });
        modes.set();
        let stopping = Arc::clone(&modes);
        let mut signals = Signals::new([SIGTSTP, SIGCONT])?;
        thread::spawn(move || {
            for signal in signals.forever() {
                // Ctrl-Z: the shell gets its terminal as it was.
                stopping.restore();
                if signal == SIGTSTP {
                    // Returns after SIGCONT. It fails for no signal that has a default handler.
                    let _ = low_level::emulate_default_handler(SIGTSTP);
                }
            }
        });
        let reading = Arc::clone(&modes);
        thread::spawn(move || reading.read(on_key));
        Ok(Some(Self { modes }))
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.modes.is_over.store(true, Ordering::Relaxed);
        self.modes.restore();
    }
}

impl Modes {
    /// Sets our modes, if this process is in the foreground and they are not set. Returns whether
    /// it may read.
    fn set(&self) -> bool {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_foreground() || self.is_over.load(Ordering::Relaxed) {
            return false;
        }
        if before.is_none()
            && let Ok(found) = tcgetattr(stdin())
        {
            let mut modes = found.clone();
            modes
                .local_modes
                .remove(LocalModes::ICANON | LocalModes::ECHO);
            *before = tcsetattr(stdin(), OptionalActions::Now, &modes)
                .ok()
                .map(|()| found);
        }
        before.is_some()
    }

    fn restore(&self) {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = before.take()
            && is_foreground()
        {
            // The call fails only when the terminal has hung up.
            let _ = tcsetattr(stdin(), OptionalActions::Now, &before);
        }
    }

    fn read(&self, mut on_key: impl FnMut(u8)) {
        let interval = Timespec {
            tv_sec: 0,
            tv_nsec: INTERVAL.subsec_nanos().into(),
        };
        while !self.is_over.load(Ordering::Relaxed) {
            if !self.set() {
                thread::park_timeout(INTERVAL);
                continue;
            }
            let stdin = stdin();
            let mut ready = [PollFd::new(&stdin, PollFlags::IN)];
            let is_ready = poll(&mut ready, Some(&interval)).is_ok_and(|count| count > 0);
            if !is_ready || !is_foreground() {
                continue;
            }
            let mut key = [0];
            match rustix::io::read(&stdin, &mut key) {
                Ok(1) => on_key(key[0]),
                // The terminal has hung up.
                Ok(_) => return,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }
}

/// Whether this process may use the terminal. Always if it is not the controlling terminal, to
/// which job control does not apply.
fn is_foreground() -> bool {
    tcgetpgrp(stdin()).map_or(true, |group| group == getpgrp())
}
