//! Places of a named file: where it and the symbolic links on its path are in the file system.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use super::walk::existing;

/// More links than that on one path are an error of the kernel (ELOOP).
const MAX_LINKS: usize = 40;

/// The places where an event can change what a set of paths leads to. Hashed, since comparisons of paths are slow: with
/// ordered sets, a snapshot of 500 files took 12 ms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// Directories to watch.
    pub(super) directories: HashSet<PathBuf>,
    /// Paths of events. Those of files have no links, but may be links themselves.
    paths: HashSet<PathBuf>,
    /// Directories on the way to one of `paths`.
    above: HashSet<PathBuf>,
    /// Directories without links by the paths that were looked at.
    resolved: HashMap<PathBuf, PathBuf>,
}

impl Places {
    /// Adds a file or a link, and all links on the way to it.
    pub(super) fn add(&mut self, path: &Path) {
        self.follow(path, MAX_LINKS);
    }

    /// Whether an event at this path may be a change. Also if it is a directory on the way to a
    /// file.
    pub(super) fn contains(&self, path: &Path) -> bool {
        self.paths.contains(path) || self.above.contains(path)
    }

    fn follow(&mut self, path: &Path, links: usize) {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return;
        };
        let parent = self.resolve(parent, links);
        if !self.directories.contains(&parent) {
            self.directories.extend(existing(&parent));
            self.above.extend(parent.ancestors().map(Path::to_owned));
        }
        self.paths.insert(parent.join(name));
        if let Ok(target) = fs::read_link(path)
            && links > 0
        {
            self.follow(&parent.join(target), links - 1);
        }
    }

    /// Returns the directory without links, as far as it exists.
    fn resolve(&mut self, directory: &Path, links: usize) -> PathBuf {
        if let Some(found) = self.resolved.get(directory) {
            return found.clone();
        }
        let above = directory.parent().map(|parent| self.resolve(parent, links));
        let is_link = links > 0 && directory.is_symlink();
        if is_link {
            self.follow(directory, links - 1);
        }
        let resolved = match (above, directory.file_name()) {
            (Some(above), Some(name)) if !is_link => above.join(name),
            _ => directory.to_owned(),
        };
        let resolved = if is_link || directory.file_name().is_none() {
            directory.canonicalize().unwrap_or(resolved)
        } else {
            resolved
        };
        self.resolved.insert(directory.to_owned(), resolved.clone());
        resolved
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn places_of_a_file_are_those_of_its_links_and_targets() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("real")).unwrap();
        fs::create_dir_all(root.join("site")).unwrap();
        fs::create_dir_all(root.join("shared")).unwrap();
        fs::write(root.join("shared/words"), "").unwrap();
        symlink("../real", root.join("site/src")).unwrap();
        symlink("../shared/words", root.join("real/words")).unwrap();
        let mut places = Places::default();
        places.add(&root.join("site/src/words"));
        let expected = ["site/src", "real", "real/words", "shared/words"];
        let expected = expected.map(|name| root.join(name));
        assert_eq!(places.paths, HashSet::from(expected));
        for (path, expected) in [
            ("site", true),
            ("site/src", true),
            ("real/words", true),
            ("real", true),
            ("shared/words", true),
            ("shared/other", false),
            ("site/other", false),
        ] {
            assert_eq!(places.contains(&root.join(path)), expected, "{path}");
        }
        let watched = ["real", "shared", "site"].map(|name| root.join(name));
        assert!(watched.iter().all(|path| places.directories.contains(path)));
    }

    #[test]
    fn missing_file_is_awaited_in_the_nearest_directory() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        let mut places = Places::default();
        places.add(&root.join("a/b/c"));
        assert!(places.directories.contains(&root));
        assert!(places.contains(&root.join("a")));
        symlink("circle", root.join("circle")).unwrap();
        places.add(&root.join("circle/a"));
        assert!(places.contains(&root.join("circle")));
    }
}
