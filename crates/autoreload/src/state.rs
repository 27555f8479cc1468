//! What `squall dev` tells the program that it has started: a file.
//!
//! A file and no socket, because a program of the next generation, which was not there when something
//! happened, has to learn how things stand as well; because nobody has to be connected, read or
//! answer; and because anything can read it. It is replaced as a whole, so nobody sees half of it.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// The environment variable that names the file. It is empty where pages are to be left alone.
pub const STATE: &str = "SQUALL_DEV_STATE";

/// How the last build went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Status {
    /// What runs is what the sources say.
    #[default]
    Fine,
    /// A build is under way.
    Building,
    /// What runs is older than the sources.
    Failed {
        /// Why, in the compiler's words and colours (ANSI).
        diagnostics: String,
    },
}

/// The file in which a [`Status`] is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateFile(PathBuf);

impl StateFile {
    /// The file of that name, in a directory that only its owner gets into.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    pub(crate) fn from_env() -> Found {
        match env::var_os(STATE) {
            None => Found::Nothing,
            Some(path) if path.is_empty() => Found::LeaveAlone,
            Some(path) => Found::File(Self::new(path)),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Tells.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn publish(&self, status: &Status) -> io::Result<()> {
        let beside = self.0.with_extension("new");
        fs::write(&beside, serde_json::to_vec(status)?)?;
        fs::rename(beside, &self.0)
    }

    /// How things stand. A file that cannot be read says nothing, which is fine.
    #[must_use]
    pub fn read(&self) -> Status {
        let text = fs::read(&self.0).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }
}

/// Whether a `squall dev` is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Nothing,
    LeaveAlone,
    File(StateFile),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let file = StateFile::new(directory.path().join("state"));
        assert_eq!(file.read(), Status::Fine);
        let failed = Status::Failed {
            diagnostics: "\u{1b}[31merror\u{1b}[0m: \"x\"\n".to_owned(),
        };
        for status in [Status::Building, failed, Status::Fine] {
            file.publish(&status).unwrap();
            assert_eq!(file.read(), status);
        }
        for nonsense in ["", "{", r#"{"status":"odd"}"#] {
            fs::write(file.path(), nonsense).unwrap();
            assert_eq!(file.read(), Status::Fine, "{nonsense}");
        }
    }
}
