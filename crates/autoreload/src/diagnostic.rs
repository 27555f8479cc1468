//! Diagnostics of a build, from `squall dev` to the browser.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// An error or a warning of the compiler or of cargo.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Diagnostic {
    /// Its level.
    pub level: Level,
    /// The text, with colours (ANSI).
    pub text: String,
    /// The file of the primary span: an absolute path in a [`Status`](crate::Status).
    pub file: Option<PathBuf>,
    /// The line in the file, from 1.
    pub line: usize,
    /// The column in the line, from 1.
    pub column: usize,
}

/// The level of a [`Diagnostic`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Level {
    /// The build failed.
    #[default]
    Error,
    /// The build goes on.
    Warning,
}
