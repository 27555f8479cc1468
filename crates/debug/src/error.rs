//! Configuration errors.

use std::{error::Error, fmt};

/// A configuration error.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ConfigError {
    /// Neither the name of a supported editor nor a URL with `{file}`.
    Editor(String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Editor(text) => write!(
                f,
                "unknown editor {text:?}: use a supported name such as \"vscode\", or a URL with {{file}}"
            ),
        }
    }
}

impl Error for ConfigError {}
