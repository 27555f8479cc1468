//! `squall dev`: a program that is being written, built and handed over after each change.

mod keys;
mod project;
mod service;
mod session;
mod stage;

use std::{
    ffi::OsString,
    io::{IsTerminal, stderr},
    path::PathBuf,
    process::ExitCode,
};

use crate::complain;
use clap::Args;
use stage::Stage;

/// Run a program, and again after each change, while the one before answers.
///
/// After `cargo run …`, sources are watched and built; after any other command, the files of this
/// directory are watched. A program of squall's that debugs hands over without refusing a request, as does any
/// other that takes sockets from its parent (LISTEN_FDS) with --bind. Keys: r runs it again, q quits.
#[derive(Args)]
pub(crate) struct Dev {
    /// Listen there for a program that takes its sockets from LISTEN_FDS; may come several times.
    #[arg(long, value_name = "ADDRESS")]
    bind: Vec<String>,
    /// The program does not say READY=1: count it as ready once it runs.
    #[arg(long, requires = "bind")]
    ready_on_exec: bool,
    /// Watch this file or directory too, and run the program again after a change; may come several times.
    #[arg(long, value_name = "PATH")]
    watch: Vec<PathBuf>,
    /// Look for changes twice a second instead of waiting for the kernel to tell.
    #[arg(long)]
    poll: bool,
    /// End when the program ends with exit status 0.
    #[arg(long)]
    until_success: bool,
    /// Leave pages in browsers alone: no reload, no overlay.
    #[arg(long)]
    no_browser: bool,
    /// The command, such as: cargo run --example hello -- --port 8888
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(crate) fn run(arguments: Dev) -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        // It would report that standard error fails on standard error, and panic.
        .log_internal_errors(false)
        .init();
    match Stage::prepare(arguments).and_then(Stage::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// On standard error, since standard output is the program's own.
fn tell(text: &str) {
    complain(text);
}
