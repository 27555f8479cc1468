//! The `squall` command: supervises any program that takes sockets from its parent; status, reload,
//! scale and stop of supervised services; static files, cookie secrets, and a development server.
//!
//! # Examples
//!
//! An axum program that takes its socket from `LISTEN_FDS` (crate `listenfd`), in development and in
//! production:
//!
//! ```console
//! $ squall dev --bind 127.0.0.1:8888 -- cargo run     # builds after each change, refuses no request
//! $ squall supervise --listen 127.0.0.1:8888 --ready-on-exec -- target/release/site
//! $ squall status                                     # workers, restarts, traffic, memory
//! $ squall reload                                     # new workers first, then the old ones stop
//! $ squall stop
//! ```
//!
//! # Limits
//!
//! It is no proxy: connections go from the kernel to the workers. It does not become a daemon, switch
//! users or rotate logs, which systemd and containers do, and it reads no configuration file.

mod ask;
mod dev;
mod print;
mod secret;
mod static_files;
mod supervise;
mod table;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use print::complain;

/// One worker process a core, watched, and no request lost.
#[derive(Parser)]
#[command(name = "squall", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Dev(dev::Dev),
    Supervise(supervise::Supervise),
    Status(ask::Status),
    Reload(ask::Reload),
    Scale(ask::Scale),
    Stop(ask::Stop),
    Static(static_files::Static),
    Secret(secret::Secret),
}

fn main() -> ExitCode {
    if let Err(error) = squall_prefork::unblock_signals() {
        complain(&format!("cannot unblock signals: {error}"));
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and version are such errors too, with status 0.
        Err(error) => {
            return match error.print() {
                Err(failure) if !error.use_stderr() => print::failed(&failure),
                _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)),
            };
        }
    };
    match arguments.command {
        Command::Dev(arguments) => dev::run(arguments),
        Command::Supervise(arguments) => supervise::run(arguments),
        Command::Status(arguments) => ask::exit(ask::status(&arguments)),
        Command::Reload(arguments) => ask::exit(ask::reload(&arguments)),
        Command::Scale(arguments) => ask::exit(ask::scale(&arguments)),
        Command::Stop(arguments) => ask::exit(ask::stop(&arguments)),
        Command::Static(arguments) => static_files::run(arguments),
        Command::Secret(arguments) => secret::run(&arguments),
    }
}
