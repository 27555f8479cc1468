//! What can be wrong with settings.

use std::{error::Error, fmt};

/// A setting that cannot be meant.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ConfigError {
    /// Neither the name of an editor that is known nor a URL with `{file}` in it.
    Editor(String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Editor(text) => write!(
                f,
                "{text:?} is neither an editor that is known nor a URL with {{file}} in it"
            ),
        }
    }
}

impl Error for ConfigError {}
