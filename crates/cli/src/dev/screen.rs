//! Standard error of `squall dev`: status lines, cargo's output, and one line of progress below
//! them.

use std::{
    env,
    io::{self, IsTerminal, Write, stderr, stdout},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rustix::termios::tcgetwinsize;
use squall_autoreload::Output;

static SCREEN: Mutex<Screen> = Mutex::new(Screen {
    build: None,
    is_drawn: false,
});

struct Screen {
    build: Option<Progress>,
    is_drawn: bool,
}

struct Progress {
    began: Instant,
    reason: String,
    /// Crates that are done, and all.
    crates: Option<(u32, u32)>,
}

/// Prints a status line; standard output belongs to the program.
pub(super) fn print_status(text: &str) {
    let mut screen = lock();
    screen.erase();
    crate::print_error(text);
    screen.draw();
}

/// Begins the progress of a build.
pub(super) fn begin_build(reason: &str) {
    if !is_dynamic() {
        return print_status(&format!("building: {reason}"));
    }
    let mut screen = lock();
    screen.build = Some(Progress {
        began: Instant::now(),
        reason: reason.to_owned(),
        crates: None,
    });
    screen.draw();
}

/// Removes the progress of a build.
pub(super) fn end_build() {
    let mut screen = lock();
    screen.erase();
    screen.build = None;
}

/// Draws the progress again, with the time that has passed.
pub(super) fn tick() {
    lock().draw();
}

/// Whether a build has a line of progress.
pub(super) fn is_active() -> bool {
    lock().build.is_some()
}

/// Prints cargo's output; colours are stripped unless standard error is a terminal.
pub(super) fn print_output(output: Output<'_>) -> io::Result<()> {
    let mut screen = lock();
    match output {
        Output::Progress { done, all } => {
            if let Some(build) = &mut screen.build {
                build.crates = Some((done, all));
            }
        }
        Output::Line(line) => {
            screen.erase();
            anstream::AutoStream::auto(stderr()).write_all(line)?;
        }
        Output::Stdout(line) => {
            screen.erase();
            stdout().write_all(line)?;
            stdout().flush()?;
        }
        _ => {}
    }
    screen.draw();
    Ok(())
}

/// Whether colours are wanted (<https://no-color.org>).
pub(super) fn has_colours() -> bool {
    let no_colour = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    is_dynamic() && !no_colour
}

/// Whether a line can be overwritten.
fn is_dynamic() -> bool {
    stderr().is_terminal() && env::var_os("TERM").is_some_and(|term| term != "dumb")
}

fn lock() -> MutexGuard<'static, Screen> {
    // Each field is valid at any time, so a poisoned lock is usable.
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Screen {
    fn erase(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            // A failure of standard error cannot be reported anywhere.
            let _ = stderr().write_all(b"\r\x1b[K");
        }
    }

    fn draw(&mut self) {
        let Some(build) = &self.build else {
            return;
        };
        // The width of this moment: the terminal may have been resized.
        let width = tcgetwinsize(stderr()).map_or(0, |size| usize::from(size.ws_col));
        // A terminal without a size is one of a program.
        let width = if width == 0 { 80 } else { width };
        let line = build.line(build.began.elapsed(), width);
        let _ = stderr().write_all(format!("\r\x1b[K{line}").as_bytes());
        let _ = stderr().flush();
        self.is_drawn = true;
    }
}

impl Progress {
    /// Returns the line, shorter than the width: a full line would be wrapped.
    fn line(&self, elapsed: Duration, width: usize) -> String {
        let crates = match self.crates {
            Some((done, all)) => format!("{done} of {all} crates, "),
            None => String::new(),
        };
        let seconds = elapsed.as_secs_f32();
        let line = format!("squall: building: {crates}{seconds:.1} s ({})", self.reason);
        line.chars().take(width - 1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_line_is_shorter_than_the_terminal() {
        let mut progress = Progress {
            began: Instant::now(),
            reason: "src/main.rs".to_owned(),
            crates: None,
        };
        let elapsed = Duration::from_millis(1250);
        assert_eq!(
            progress.line(elapsed, 80),
            "squall: building: 1.2 s (src/main.rs)"
        );
        progress.crates = Some((3, 10));
        assert_eq!(
            progress.line(elapsed, 80),
            "squall: building: 3 of 10 crates, 1.2 s (src/main.rs)"
        );
        assert_eq!(progress.line(elapsed, 20), "squall: building: 3");
    }
}
