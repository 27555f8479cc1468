//! Standard output and standard error: a closed pipe ends quietly, a full disk is an error.

use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

/// What a shell shows for a program that SIGPIPE ended, as it ends most programs in a pipe.
const SIGPIPE: u8 = 128 + 13;

/// Writes the output of a command, and returns the command's exit status.
pub(crate) fn output(text: &str) -> ExitCode {
    match write_line(io::stdout().lock(), text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// Returns the exit status after standard output failed.
pub(crate) fn failed(error: &io::Error) -> ExitCode {
    if error.kind() == ErrorKind::BrokenPipe {
        return SIGPIPE.into();
    }
    complain(&format!("cannot write to standard output: {error}"));
    ExitCode::FAILURE
}

/// Writes an error message.
pub(crate) fn complain(text: &str) {
    // There is no other place to report that standard error fails.
    let _ = write_line(io::stderr().lock(), &format!("squall: {text}"));
}

fn write_line(mut stream: impl Write, text: &str) -> io::Result<()> {
    stream.write_all(format!("{text}\n").as_bytes())?;
    stream.flush()
}
