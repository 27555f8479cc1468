//! cargo's output on standard error, split into lines and progress.

use std::io::{self, Read};

/// How many bytes of the output a failed build keeps.
const TAIL: usize = 64 << 10;

/// A part of the output of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output<'a> {
    /// A line of cargo or a rendered diagnostic, with its line end.
    Line(&'a [u8]),
    /// A line of standard output, such as of a procedural macro, with its line end.
    Stdout(&'a [u8]),
    /// Crates that are done, and all crates of this build.
    Progress {
        /// The number of crates that are built.
        done: u32,
        /// The number of crates to build.
        all: u32,
    },
}

/// An [`Output`] of the JSON messages.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum OwnedOutput {
    Line(String),
    Stdout(Vec<u8>),
}

impl OwnedOutput {
    pub(super) fn borrow(&self) -> Output<'_> {
        match self {
            Self::Line(text) => Output::Line(text.as_bytes()),
            Self::Stdout(line) => Output::Stdout(line),
        }
    }
}

/// Splits the stream at line ends, and at carriage returns, which end a progress line.
pub(super) struct Splitter {
    /// Our runner in cargo's line `Running`, which is removed.
    runner: String,
    pending: Vec<u8>,
    tail: Vec<u8>,
}

impl Splitter {
    pub(super) fn new(runner: &str) -> Self {
        Self {
            runner: format!("{runner} "),
            pending: Vec::new(),
            tail: Vec::new(),
        }
    }

    /// Reads the stream to its end.
    pub(super) fn read(
        &mut self,
        mut stream: impl Read,
        write: impl Fn(Output<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut chunk = [0; 4096];
        loop {
            let count = stream.read(&mut chunk)?;
            for byte in &chunk[..count] {
                self.pending.push(*byte);
                if matches!(byte, b'\n' | b'\r') {
                    self.end_line(&write)?;
                }
            }
            if count == 0 {
                return self.end_line(&write);
            }
        }
    }

    /// Returns the end of the output, without progress.
    pub(super) fn tail(&self) -> String {
        String::from_utf8_lossy(&self.tail).into_owned()
    }

    fn end_line(&mut self, write: &impl Fn(Output<'_>) -> io::Result<()>) -> io::Result<()> {
        let line = std::mem::take(&mut self.pending);
        let line = line.strip_prefix(b"\x1b[K").unwrap_or(&line);
        if let Some((done, all)) = progress(line) {
            return write(Output::Progress { done, all });
        }
        if line.is_empty() || line == b"\r" {
            return Ok(());
        }
        let text = String::from_utf8_lossy(line).replacen(&self.runner, "", 1);
        self.tail.extend_from_slice(text.as_bytes());
        let excess = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..excess);
        write(Output::Line(text.as_bytes()))
    }
}

/// Parses a line such as `    Building [=====>     ] 3/10: serde, ...`.
fn progress(line: &[u8]) -> Option<(u32, u32)> {
    let line = str::from_utf8(line).ok()?;
    let (_, rest) = line.split_once("Building")?;
    let (_, rest) = rest.split_once("] ")?;
    let figures = rest.trim_end().split(':').next()?;
    let (done, all) = figures.split_once('/')?;
    Some((done.parse().ok()?, all.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn split(text: &str) -> (Vec<String>, String) {
        let parts = RefCell::new(Vec::new());
        let mut splitter = Splitter::new("/t/squall record");
        splitter
            .read(text.as_bytes(), |output| {
                parts.borrow_mut().push(match output {
                    Output::Progress { done, all } => format!("{done} of {all}"),
                    Output::Line(line) | Output::Stdout(line) => {
                        String::from_utf8(line.to_vec()).unwrap()
                    }
                });
                Ok(())
            })
            .unwrap();
        (parts.into_inner(), splitter.tail())
    }

    #[test]
    fn lines_and_progress_are_told_apart() {
        let text = "   Compiling a v0.1.0\n\x1b[K\x1b[1m\x1b[92m    Building\x1b[0m [=>   ] 3/10: a, b\r\x1b[K\
                    error: no\n     Running `/t/squall record target/debug/a --b`\nend";
        let (parts, tail) = split(text);
        let lines = [
            "   Compiling a v0.1.0\n",
            "error: no\n",
            "     Running `target/debug/a --b`\n",
            "end",
        ];
        assert_eq!(parts, [lines[0], "3 of 10", lines[1], lines[2], lines[3]]);
        assert_eq!(tail, lines.concat());
    }

    #[test]
    fn tail_is_bounded() {
        let (_, tail) = split(&format!("{}the end", "a\n".repeat(TAIL)));
        assert_eq!(tail.len(), TAIL);
        assert!(tail.ends_with("the end"));
    }
}
