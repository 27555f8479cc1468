//! Snapshots of the watched files, compared to find changes.
//!
//! An event only causes a new snapshot; changes are the differences of two snapshots. So lost
//! events, editors that replace a file, and polling all give the same result.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs::{self, Metadata},
    path::{Path, PathBuf},
    time::SystemTime,
};

use ignore::{DirEntry, WalkBuilder};

use super::roots::Roots;
use crate::system::file_id;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Snapshot {
    files: BTreeMap<PathBuf, Stamp>,
    directories: BTreeSet<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    id: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            id: file_id(metadata),
        }
    }
}

impl Snapshot {
    pub(super) fn take(roots: &Roots) -> Self {
        let mut found = Self::default();
        for (root, with_parents) in &roots.paths {
            if root.is_dir() {
                found.walk(root, *with_parents);
            } else {
                found.add_file(root);
            }
        }
        found
    }

    /// Returns the directories to watch for events.
    pub(super) fn directories(&self) -> &BTreeSet<PathBuf> {
        &self.directories
    }

    /// Returns the files that were changed, created or removed.
    pub(super) fn changes(&self, later: &Self) -> BTreeSet<PathBuf> {
        let removed = self
            .files
            .keys()
            .filter(|path| !later.files.contains_key(*path));
        let changed = later
            .files
            .iter()
            .filter(|(path, stamp)| self.files.get(*path) != Some(stamp));
        changed
            .map(|(path, _)| path)
            .chain(removed)
            .cloned()
            .collect()
    }

    /// Adds a file and watches its directory, since editors replace the file itself.
    fn add_file(&mut self, path: &Path) {
        if let Ok(metadata) = fs::metadata(path) {
            self.files.insert(path.to_owned(), Stamp::of(&metadata));
        }
        if let Some(parent) = path.parent().filter(|parent| parent.is_dir()) {
            self.directories.insert(parent.to_owned());
        }
    }

    fn walk(&mut self, root: &Path, with_parents: bool) {
        let walk = WalkBuilder::new(root)
            .follow_links(false)
            .parents(with_parents)
            .require_git(false)
            .filter_entry(|entry| entry.depth() == 0 || !is_ignored(entry))
            .build();
        // Unreadable entries cannot be watched; others may have just been removed.
        for entry in walk.flatten() {
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            let path = entry.path().to_owned();
            if metadata.is_dir() || entry.depth() == 0 {
                self.directories.insert(path);
            } else {
                self.files.insert(path, Stamp::of(&metadata));
            }
        }
    }
}

/// Whether the entry is a cache (<https://bford.info/cachedir/>) or a temporary file.
fn is_ignored(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    if entry.file_type().is_some_and(|kind| kind.is_dir()) {
        return name == "__pycache__" || entry.path().join("CACHEDIR.TAG").is_file();
    }
    is_editor_file(name)
}

fn is_editor_file(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    // Vim creates 4913 to check for write access to the directory.
    name.ends_with('~') || name.ends_with(".tmp") || name.ends_with(".swp") || name == "4913"
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn snapshot_ignores_caches_and_git_ignored_files() {
        let place = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let path = place.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        for path in [
            "repository/src/main.rs",
            "repository/src/main.rs~",
            "repository/src/.main.rs.swp",
            "repository/src/generated.rs",
            "repository/src/4913",
            "repository/target/CACHEDIR.TAG",
            "repository/target/debug/main",
            "repository/app/__pycache__/a.pyc",
            "repository/.git/HEAD",
            "repository/ignored/data",
            "elsewhere/secret",
        ] {
            write(path);
        }
        fs::write(
            place.path().join("repository/.gitignore"),
            "generated.rs\n/ignored\n",
        )
        .unwrap();
        let repository = place.path().join("repository");
        symlink(place.path().join("elsewhere"), repository.join("link")).unwrap();

        let files = |roots: Roots| {
            let found = Snapshot::take(&roots);
            let names = found.files.into_keys().map(|path| {
                let path = path.strip_prefix(place.path()).unwrap();
                path.to_str().unwrap().to_owned()
            });
            names.collect::<Vec<_>>()
        };
        assert_eq!(
            files(Roots::new().sources(&repository)),
            // The link itself, but not its target.
            ["repository/link", "repository/src/main.rs"]
        );
        let source = repository.join("src");
        assert_eq!(
            files(Roots::new().sources(&source)),
            ["repository/src/main.rs"]
        );
        assert_eq!(
            files(Roots::new().path(&source)),
            ["repository/src/generated.rs", "repository/src/main.rs"]
        );
        let one = repository.join("src/generated.rs");
        assert_eq!(
            files(Roots::new().path(one)),
            ["repository/src/generated.rs"]
        );
        assert!(files(Roots::new().path(repository.join("none"))).is_empty());
    }

    #[test]
    fn changes_are_new_removed_and_replaced_files() {
        let place = tempfile::tempdir().unwrap();
        let roots = Roots::new().path(place.path());
        let path = |name: &str| place.path().join(name);
        for name in ["same", "longer", "removed", "replaced"] {
            fs::write(path(name), "text").unwrap();
        }
        let before = Snapshot::take(&roots);
        assert!(before.changes(&Snapshot::take(&roots)).is_empty());
        fs::write(path("longer"), "longer text").unwrap();
        fs::write(path("new"), "").unwrap();
        fs::remove_file(path("removed")).unwrap();
        fs::write(path("other"), "text").unwrap();
        fs::rename(path("other"), path("replaced")).unwrap();
        let expected = ["longer", "new", "removed", "replaced"].map(path);
        assert_eq!(before.changes(&Snapshot::take(&roots)), expected.into());
    }
}
