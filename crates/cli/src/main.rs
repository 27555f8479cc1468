//! The `squall` command: makes a new site; supervises any program that takes sockets from its parent;
//! status, reload, scale and stop of supervised services; static files, cookie secrets, and a
//! development server.
//!
//! # Examples
//!
//! A new site (`--squall DIR` depends on a checkout of squall):
//!
//! ```console
//! $ squall new books
//! ```
//!
//! An axum program that takes its socket from `LISTEN_FDS` (crate `listenfd`), in development and in
//! production:
//!
//! ```console
//! $ squall dev --bind 127.0.0.1:8888 -- cargo run     # builds after each change, refuses no request
//! $ squall supervise --listen 127.0.0.1:8888 --ready-when listening -- target/release/site
//! $ squall status                                     # workers, restarts, traffic, memory
//! $ squall reload                                     # new workers first, then the old ones stop
//! $ squall stop
//! ```
//!
//! # Limits
//!
//! It is no proxy: connections go from the kernel to the workers. It does not become a daemon, switch
//! users or rotate logs, which systemd and containers do, and it reads no configuration file.

mod control;
mod dev;
mod new;
mod print;
mod secret;
mod static_files;
mod supervise;
mod table;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use print::print_error;

/// Process supervisor with zero-downtime reload, and development server.
#[derive(Parser)]
#[command(name = "squall", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    New(new::New),
    Dev(dev::Dev),
    #[command(hide = true)]
    DevHelper(dev::Helper),
    Supervise(supervise::Supervise),
    Status(control::Status),
    Reload(control::Reload),
    Scale(control::Scale),
    Stop(control::Stop),
    Static(static_files::Static),
    Secret(secret::Secret),
}

fn main() -> ExitCode {
    if let Err(error) = squall_prefork::unblock_signals() {
        print_error(&format!("cannot unblock signals: {error}"));
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // clap returns --help and --version as errors too, with exit status 0.
        Err(error) => {
            return match error.print() {
                Err(failure) if !error.use_stderr() => print::failed(&failure),
                _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)),
            };
        }
    };
    match arguments.command {
        Command::New(arguments) => new::run(&arguments),
        Command::Dev(arguments) => dev::run(arguments),
        Command::DevHelper(arguments) => dev::run_helper(arguments),
        Command::Supervise(arguments) => supervise::run(arguments),
        Command::Status(arguments) => control::exit(control::status(&arguments)),
        Command::Reload(arguments) => control::exit(control::reload(&arguments)),
        Command::Scale(arguments) => control::exit(control::scale(&arguments)),
        Command::Stop(arguments) => control::exit(control::stop(&arguments)),
        Command::Static(arguments) => static_files::run(arguments),
        Command::Secret(arguments) => secret::run(&arguments),
    }
}
