//! Processes that `squall dev` starts of this same executable: cargo's runner, and the guard of the
//! developed program.

use std::{
    ffi::OsString,
    io::{self, Read, stdin},
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
    thread,
};

use clap::{Args, Subcommand};
use rustix::process::{Signal, kill_current_process_group};
use squall_autoreload::Launch;

use super::guard;
use crate::print_error;

/// The name of the subcommand.
pub(super) const NAME: &str = "dev-helper";

/// Internal: a process of `squall dev`.
#[derive(Args)]
pub(crate) struct Helper {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Subcommand)]
enum Kind {
    /// Record how cargo runs a program, instead of running it.
    Record {
        #[arg(last = true, required = true)]
        words: Vec<OsString>,
    },
    /// Run a build, and kill it when standard input ends.
    Build {
        #[arg(last = true, required = true)]
        words: Vec<OsString>,
    },
    /// Run a program, and end all of its processes with `squall dev`.
    Guard {
        /// The control socket of the program, if it is a supervisor of `squall dev`.
        #[arg(long)]
        control: PathBuf,
        #[arg(last = true, required = true)]
        words: Vec<OsString>,
    },
}

pub(crate) fn run_helper(helper: Helper) -> ExitCode {
    let result = match helper.kind {
        Kind::Record { words } => Launch::record(words).map(|()| ExitCode::SUCCESS),
        Kind::Build { words } => build(&words),
        Kind::Guard { control, words } => guard::run(&control, &words).map(|()| ExitCode::SUCCESS),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            print_error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Runs a build in the process group of this process. The end of standard input is that of `squall
/// dev`; it kills the group.
fn build(words: &[OsString]) -> io::Result<ExitCode> {
    let (cargo, arguments) = words.split_first().expect("clap requires a program");
    let mut child = Command::new(cargo)
        .args(arguments)
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| {
            let cargo = cargo.to_string_lossy();
            io::Error::new(error.kind(), format!("cannot run {cargo}: {error}"))
        })?;
    thread::spawn(|| {
        // Nothing is written to it.
        let _ = stdin().lock().read(&mut [0]);
        // Fails for no process that may signal itself.
        let _ = kill_current_process_group(Signal::KILL);
    });
    let status = child.wait()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
