//! Writes to standard output and standard error: a closed pipe is silent, a full disk is an error.

use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

/// A shell's exit status for a program that SIGPIPE killed.
const SIGPIPE: u8 = 128 + 13;

/// Writes the output of a command to standard output, and returns the exit status.
pub(crate) fn output(text: &str) -> ExitCode {
    match write_line(io::stdout().lock(), text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// Returns the exit status for a failed write to standard output.
pub(crate) fn failed(error: &io::Error) -> ExitCode {
    if error.kind() == ErrorKind::BrokenPipe {
        return SIGPIPE.into();
    }
    print_error(&format!("cannot write to standard output: {error}"));
    ExitCode::FAILURE
}

/// Writes a message to standard error.
pub(crate) fn print_error(text: &str) {
    // A failure of standard error cannot be reported anywhere.
    let _ = write_line(io::stderr().lock(), &format!("squall: {text}"));
}

fn write_line(mut stream: impl Write, text: &str) -> io::Result<()> {
    stream.write_all(format!("{text}\n").as_bytes())?;
    stream.flush()
}
