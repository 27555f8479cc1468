//! Files and directories to watch.

use std::{collections::HashSet, path::PathBuf};

/// Files and directories to watch. A directory includes its contents. A file need not exist yet.
///
/// Directories with a `CACHEDIR.TAG`, such as cargo's `target`, and temporary files of editors are
/// ignored in all directories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots {
    pub(super) paths: HashSet<(PathBuf, Rules)>,
}

/// Rules for the files below a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Rules {
    /// Everything, also behind symbolic links.
    Named,
    /// All but what ignore files in the directory name.
    Contents,
    /// All but what git ignores.
    Repository,
    /// The files of a cargo package: git's, or all but hidden ones outside of a repository.
    Package,
}

impl Roots {
    /// Creates an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file or a directory. Hidden files, logs and databases, symbolic links, and what
    /// `.gitignore` files inside the directory name do not count.
    ///
    /// Default: none.
    #[must_use]
    pub fn path(self, path: impl Into<PathBuf>) -> Self {
        self.with(path.into(), Rules::Contents)
    }

    /// Adds a file or a directory that counts whatever ignore files say, with all that is in it.
    /// Symbolic links are followed: a link that leads elsewhere is a change, and so is a change in
    /// what it leads to.
    ///
    /// Default: none.
    #[must_use]
    pub fn named(self, path: impl Into<PathBuf>) -> Self {
        self.with(path.into(), Rules::Named)
    }

    /// Adds a directory. As [`path`](Self::path), and if it belongs to a git repository, also the
    /// repository's ignore files in parent directories apply, unless they ignore the directory
    /// itself.
    ///
    /// Default: none.
    #[must_use]
    pub fn sources(self, directory: impl Into<PathBuf>) -> Self {
        self.with(directory.into(), Rules::Repository)
    }

    /// Adds a directory with the files that cargo counts as those of its package.
    ///
    /// Default: none.
    #[must_use]
    pub fn package(self, directory: impl Into<PathBuf>) -> Self {
        self.with(directory.into(), Rules::Package)
    }

    fn with(mut self, path: PathBuf, rules: Rules) -> Self {
        self.paths.insert((path, rules));
        self
    }
}
