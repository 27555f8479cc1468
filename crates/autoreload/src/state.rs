//! The state file: the status of the last build, from `squall dev` to the program.
//!
//! A file rather than a socket, because a process that starts later also needs the present status.
//! The file is replaced atomically, so that no reader sees a part of it.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;

/// The environment variable with the path of the state file. An empty value disables live reload.
pub const STATE: &str = "SQUALL_DEV_STATE";

/// The status of the last build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Status {
    /// The running program matches its sources.
    #[default]
    Fine,
    /// A build is running.
    Building,
    /// The build failed, so the running program is older than its sources.
    Failed {
        /// The errors, with colours (ANSI).
        diagnostics: String,
        /// The errors and warnings one by one, if they are those of a build.
        #[serde(default)]
        problems: Vec<Diagnostic>,
    },
}

impl Status {
    /// Creates the status of a failure that is not one of the compiler.
    #[must_use]
    pub fn failed(text: impl Into<String>) -> Self {
        Self::Failed {
            diagnostics: text.into(),
            problems: Vec::new(),
        }
    }
}

/// A file with the present [`Status`], as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateFile(PathBuf);

impl StateFile {
    /// Creates a handle for the file at this path. Only its owner should have access to the
    /// directory.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    pub(crate) fn from_env() -> StateSetting {
        match env::var_os(STATE) {
            None => StateSetting::Unset,
            Some(path) if path.is_empty() => StateSetting::Disabled,
            Some(path) => StateSetting::File(Self::new(path)),
        }
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Replaces the file atomically.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn publish(&self, status: &Status) -> io::Result<()> {
        let beside = self.0.with_extension("new");
        fs::write(&beside, serde_json::to_vec(status)?)?;
        fs::rename(beside, &self.0)
    }

    /// Returns the present status. A file that is missing or invalid counts as [`Status::Fine`].
    #[must_use]
    pub fn read(&self) -> Status {
        let text = fs::read(&self.0).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }
}

/// The value of [`STATE`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StateSetting {
    /// Without `squall dev`.
    Unset,
    /// Empty: live reload is disabled.
    Disabled,
    File(StateFile),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_status_is_read_and_invalid_files_are_fine() {
        let directory = tempfile::tempdir().unwrap();
        let file = StateFile::new(directory.path().join("state"));
        assert_eq!(file.read(), Status::Fine);
        let failed = Status::Failed {
            diagnostics: "\u{1b}[31merror\u{1b}[0m: \"x\"\n".to_owned(),
            problems: vec![Diagnostic {
                file: Some("/w/src/main.rs".into()),
                line: 3,
                ..Diagnostic::default()
            }],
        };
        for status in [Status::Building, failed, Status::Fine] {
            file.publish(&status).unwrap();
            assert_eq!(file.read(), status);
        }
        for invalid in ["", "{", r#"{"status":"odd"}"#] {
            fs::write(file.path(), invalid).unwrap();
            assert_eq!(file.read(), Status::Fine, "{invalid}");
        }
    }
}
