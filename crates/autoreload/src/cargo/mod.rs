//! What cargo is asked, and what it answers.

mod building;
mod command;
mod dep_info;
mod messages;
mod metadata;

pub use building::{Building, Cancel};
pub use command::{CargoRun, ConfigError};
pub use messages::{Built, Executable};
pub use metadata::Sources;
