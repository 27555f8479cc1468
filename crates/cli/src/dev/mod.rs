//! `squall dev`: development server that rebuilds and reloads a program after each change.

mod feedback;
mod guard;
mod helper;
mod keys;
mod processes;
mod project;
mod screen;
mod service;
mod session;
mod stage;

use std::{ffi::OsString, io::stderr, path::PathBuf, process::ExitCode};

use crate::print_error;
use clap::Args;
pub(crate) use helper::{Helper, run_helper};
use screen::print_status;
use squall_prefork::{Address, AddressError, Readiness};
use stage::Stage;

/// Run a program, and reload it after each change while the old process keeps serving.
///
/// With `cargo run …`, all files that cargo would rebuild for are watched, and the program runs as
/// cargo would run it; with any other command, the files of this directory are watched. A squall
/// program in debug mode reloads without refusing a connection, and so does any other program that
/// takes sockets from LISTEN_FDS with --bind. Keys: r restarts the program, q quits, ? shows them.
#[derive(Args)]
pub(crate) struct Dev {
    /// Listen on this address for a program that takes sockets from LISTEN_FDS; repeatable.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    bind: Vec<String>,
    /// When a new process is ready, as of `squall supervise`. Default: notify.
    #[arg(long, value_name = "WHEN", requires = "bind")]
    ready_when: Option<Readiness>,
    /// Also watch this file or directory, and restart the program after a change; repeatable.
    #[arg(long, value_name = "PATH")]
    watch: Vec<PathBuf>,
    /// Ignore changes of these files, a pattern as in .gitignore; repeatable.
    #[arg(long, value_name = "PATTERN")]
    ignore: Vec<String>,
    /// Poll for changes twice a second instead of using the kernel's file notifications.
    #[arg(long)]
    poll: bool,
    /// Exit when the program exits with status 0.
    #[arg(long)]
    until_success: bool,
    /// Disable page reload and the error overlay in browsers.
    #[arg(long)]
    no_browser: bool,
    /// The command, such as: cargo run --example hello -- --port 8888
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Checks an address before the first build: no change of a file could mend it.
fn address(text: &str) -> Result<String, AddressError> {
    Address::resolve(text).map(|_| text.to_owned())
}

pub(crate) fn run(arguments: Dev) -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(stderr)
        .with_ansi(screen::has_colours())
        // On a failed write to stderr, the subscriber would report it on stderr and panic.
        .log_internal_errors(false)
        .init();
    match Stage::prepare(arguments).and_then(Stage::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}
