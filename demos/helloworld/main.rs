//! Tornado's demo `helloworld`. Run with `cargo run --bin helloworld`.

use clap::Parser;
use squall::{Application, get};

#[derive(Parser)]
struct Options {
    /// Run on the given port
    #[arg(long, default_value_t = 8888)]
    port: u16,
}

fn main() -> squall::Result<()> {
    Application::new()
        .route("/", get(async || "Hello, world"))
        .listen(Options::parse().port)
}
