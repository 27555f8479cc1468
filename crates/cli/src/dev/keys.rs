//! Terminal input without line buffering and echo, for single-key commands.

use std::io::{self, IsTerminal, Read, stdin};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// The terminal in non-canonical mode. Dropping the value restores the previous mode.
pub(super) struct RawTerminal {
    before: Termios,
}

impl RawTerminal {
    /// Returns `None` if standard input is not a terminal.
    pub(super) fn open() -> io::Result<Option<Self>> {
        let stdin = stdin();
        if !stdin.is_terminal() {
            return Ok(None);
        }
        let before = tcgetattr(&stdin)?;
        let mut modes = before.clone();
        modes
            .local_modes
            .remove(LocalModes::ICANON | LocalModes::ECHO);
        tcsetattr(&stdin, OptionalActions::Now, &modes)?;
        Ok(Some(Self { before }))
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        // The call fails only when the terminal has hung up.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}

/// Calls `on_key` for each key until standard input ends.
pub(super) fn for_each_key(mut on_key: impl FnMut(u8)) {
    for key in stdin().lock().bytes() {
        let Ok(key) = key else {
            return;
        };
        on_key(key);
    }
}
