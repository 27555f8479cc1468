//! Windows: a process and its children, found by `taskkill`.

use std::{
    io,
    process::{Child, Command},
};

/// cargo and the compilers that it starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group(u32);

impl Group {
    pub(crate) fn spawn(command: &mut Command) -> io::Result<(Child, Self)> {
        let child = command.spawn()?;
        let group = Self(child.id());
        Ok((child, group))
    }

    /// Terminates the process and its children.
    pub(crate) fn terminate(self) {
        let id = self.0.to_string();
        // The process may have just exited.
        let _ = Command::new("taskkill")
            .args(["/T", "/F", "/PID", &id])
            .output();
    }
}
