//! The `squall` command: supervises any program that takes sockets from its parent, looks after
//! services that are supervised, whether by this command or by a program of squall's, builds
//! static files, makes cookie secrets, and runs a program again while it is written.

mod ask;
mod dev;
mod secret;
mod static_files;
mod supervise;
mod table;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    match Arguments::parse().command {
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

/// The only place that prints what was asked for.
#[expect(clippy::print_stdout, reason = "it is what the command is for")]
fn say(text: &str) {
    println!("{text}");
}

/// The only place that prints what went wrong.
#[expect(clippy::print_stderr, reason = "a command says its errors there")]
fn complain(text: &str) {
    eprintln!("squall: {text}");
}
