//! Processes that `squall dev` starts of this same executable: cargo's runner, and the guard of the
//! developed program.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
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
    /// Run a program, and end all of its processes with `squall dev`.
    Guard {
        /// The control socket of the program, if it is a supervisor of `squall dev`.
        #[arg(long)]
        control: PathBuf,
        #[arg(last = true, required = true)]
        words: Vec<OsString>,
    },
}

pub(crate) fn run(helper: Helper) -> ExitCode {
    let result = match helper.kind {
        Kind::Record { words } => Launch::record(words),
        Kind::Guard { control, words } => guard::run(&control, &words),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}
