//! `cargo run` in two steps, for `squall dev`: the build, and the command that is run.

mod building;
mod command;
mod dep_info;
mod launch;
mod messages;
mod output;
mod paths;
mod runner;
mod sources;

pub use building::{Building, Cancel};
pub use command::{CargoRun, ConfigError};
pub use launch::Launch;
pub use messages::Built;
pub use output::Output;
pub use sources::Sources;
