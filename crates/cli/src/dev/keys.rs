//! Keys that are pressed in the terminal, without a Return after each.

use std::io::{self, IsTerminal, Read, stdin};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// A terminal whose keys are read one by one. Dropping it makes the terminal as it was.
pub(super) struct Keys {
    before: Termios,
}

impl Keys {
    /// Nothing where nobody can press a key.
    pub(super) fn listen() -> io::Result<Option<Self>> {
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

impl Drop for Keys {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}

/// Calls back for each key until there is no terminal any more.
pub(super) fn each(mut pressed: impl FnMut(u8)) {
    for key in stdin().lock().bytes() {
        let Ok(key) = key else {
            return;
        };
        pressed(key);
    }
}
