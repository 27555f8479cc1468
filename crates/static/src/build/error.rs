//! Errors of a build.

use std::{
    error::Error,
    fmt, io,
    path::{Path, PathBuf},
};

/// A file that cannot be read or written.
#[derive(Debug)]
pub struct BuildError {
    path: PathBuf,
    error: io::Error,
}

impl BuildError {
    pub(super) fn new(path: &Path, error: io::Error) -> Self {
        Self {
            path: path.to_owned(),
            error,
        }
    }

    /// Returns the path of the file or directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot build static files: {}", self.path.display())
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}
