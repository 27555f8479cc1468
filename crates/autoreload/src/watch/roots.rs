//! Files and directories to watch.

use std::{collections::BTreeMap, path::PathBuf};

/// Files and directories to watch. A directory includes its contents. A file need not exist yet.
///
/// Symbolic links are not followed. Hidden files, temporary files of editors, and directories with
/// a `CACHEDIR.TAG`, such as cargo's `target`, are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots {
    /// Whether ignore files of parent directories apply.
    pub(super) paths: BTreeMap<PathBuf, bool>,
}

impl Roots {
    /// Creates an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file or a directory. `.gitignore` files inside the directory apply.
    ///
    /// Default: none.
    #[must_use]
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.paths.insert(path.into(), false);
        self
    }

    /// Adds a directory of a repository. `.gitignore` files of its parent directories apply too.
    ///
    /// Default: none.
    #[must_use]
    pub fn sources(mut self, directory: impl Into<PathBuf>) -> Self {
        self.paths.insert(directory.into(), true);
        self
    }
}
