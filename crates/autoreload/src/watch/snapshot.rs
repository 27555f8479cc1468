//! Snapshots of the watched files, compared to find changes.
//!
//! An event only causes a new snapshot; changes are the differences of two snapshots. So lost
//! events, editors that replace a file, and polling all give the same result.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::{self, Metadata},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{
    places::Places,
    roots::{Roots, Rules},
    walk::walk,
};
use crate::system::file_id;

/// The contents of larger files are not compared.
const MAX_COMPARED: u64 = 1 << 20;

#[derive(Clone, Debug, Default)]
pub(super) struct Snapshot {
    files: HashMap<PathBuf, Stamp>,
    directories: BTreeSet<PathBuf>,
    places: Places,
    /// Directories in which any event may be a change.
    trees: BTreeSet<PathBuf>,
}

/// A changed, created or removed file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The modification time; `None` for a file that was removed.
    pub modified: Option<SystemTime>,
    /// Whether only the times differ and the content is the same.
    pub is_touch: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    id: u64,
    /// A hash of the content of a small file, if it is named or Rust. Equal for equal files of this process only.
    content: Option<u64>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            id: file_id(metadata),
            content: None,
        }
    }

    fn is_same_file(&self, other: &Self) -> bool {
        (self.modified, self.length, self.id) == (other.modified, other.length, other.id)
    }

    /// Adds the hash, from the stamp before if the file has not changed.
    fn with_content(mut self, path: &Path, before: Option<&Self>) -> Self {
        self.content = match before.filter(|before| before.is_same_file(&self)) {
            Some(before) => before.content,
            None if self.length > MAX_COMPARED => None,
            None => fs::read(path).ok().map(|bytes| {
                let mut hasher = DefaultHasher::new();
                bytes.hash(&mut hasher);
                hasher.finish()
            }),
        };
        self
    }
}

impl Snapshot {
    /// Takes a snapshot. Contents of files that have not changed are those of `before`.
    pub(super) fn take(roots: &Roots, before: &Self) -> Self {
        let mut found = Self::default();
        for (root, rules) in &roots.paths {
            match fs::metadata(root) {
                Ok(metadata) if metadata.is_dir() => found.walk(root, *rules, before),
                metadata => found.add_file(root, metadata.ok(), before),
            }
        }
        let directories = found.places.directories.iter().cloned();
        found.directories.extend(directories);
        found
    }

    /// Returns the directories to watch for events.
    pub(super) fn directories(&self) -> &BTreeSet<PathBuf> {
        &self.directories
    }

    /// Returns the number of files.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether the file is watched and exists.
    pub(super) fn contains(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    /// Whether directories were walked, so that a snapshot may take long.
    pub(super) fn has_trees(&self) -> bool {
        !self.trees.is_empty()
    }

    /// Whether an event at this path may be a change.
    pub(super) fn concerns(&self, path: &Path) -> bool {
        self.places.contains(path) || self.trees.iter().any(|tree| path.starts_with(tree))
    }

    /// Returns the files that were changed, created or removed.
    pub(super) fn changes(&self, later: &Self) -> BTreeMap<PathBuf, Change> {
        let removed = self
            .files
            .keys()
            .filter(|path| !later.files.contains_key(*path));
        let removed = removed.map(|path| (path.clone(), Change::default()));
        let changed = later.files.iter().filter_map(|(path, stamp)| {
            let before = self.files.get(path);
            let is_same = before.is_some_and(|before| before.is_same_file(stamp));
            let change = Change {
                modified: stamp.modified,
                is_touch: before.is_some_and(|before| {
                    stamp.content.is_some() && before.content == stamp.content
                }),
            };
            (!is_same).then(|| (path.clone(), change))
        });
        changed.chain(removed).collect()
    }

    /// Returns the files that only `later` has, if they were modified since that time.
    pub(super) fn new_since(&self, later: &Self, since: SystemTime) -> BTreeMap<PathBuf, Change> {
        let new = later.files.iter().filter(|(path, stamp)| {
            !self.files.contains_key(*path) && stamp.modified.is_some_and(|time| time >= since)
        });
        let change = |stamp: &Stamp| Change {
            modified: stamp.modified,
            is_touch: false,
        };
        new.map(|(path, stamp)| (path.clone(), change(stamp)))
            .collect()
    }

    /// Adds a file, with the metadata of what it leads to if it exists.
    fn add_file(&mut self, path: &Path, metadata: Option<Metadata>, before: &Self) {
        self.places.add(path);
        if let Some(metadata) = metadata {
            let stamp = Stamp::of(&metadata).with_content(path, before.files.get(path));
            self.files.insert(path.to_owned(), stamp);
        }
    }

    fn walk(&mut self, root: &Path, rules: Rules, before: &Self) {
        // Events have paths without links.
        self.trees.extend(root.canonicalize());
        self.trees.insert(root.to_owned());
        self.places.add(root);
        // Unreadable entries cannot be watched; others may have just been removed.
        for entry in walk(root, rules).flatten() {
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            let path = entry.path();
            if metadata.is_dir() || entry.depth() == 0 {
                if rules == Rules::Named && entry.path_is_symlink() {
                    self.trees.extend(path.canonicalize());
                }
                self.directories.insert(path.to_owned());
            } else if rules == Rules::Named {
                self.add_file(path, fs::metadata(path).ok(), before);
            } else {
                let mut stamp = Stamp::of(&metadata);
                if path.extension().is_some_and(|extension| extension == "rs") {
                    stamp = stamp.with_content(path, before.files.get(path));
                }
                // A file that is named as well keeps its content.
                self.files.entry(path.to_owned()).or_insert(stamp);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn files(roots: &Roots, below: &Path) -> Vec<String> {
        let found = Snapshot::take(roots, &Snapshot::default());
        let names = found.files.into_keys().collect::<BTreeSet<_>>();
        let names = names.into_iter().map(|path| {
            let path = path.strip_prefix(below).unwrap();
            path.to_str().unwrap().to_owned()
        });
        names.collect()
    }

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn snapshot_ignores_caches_and_git_ignored_files() {
        let place = tempfile::tempdir().unwrap();
        for path in [
            "repository/src/main.rs",
            "repository/src/main.rs~",
            "repository/src/.main.rs.swp",
            "repository/src/generated.rs",
            "repository/src/4913",
            "repository/access.log",
            "repository/site.db",
            "repository/site.db-wal",
            "repository/target/CACHEDIR.TAG",
            "repository/target/debug/main",
            "repository/app/__pycache__/a.pyc",
            "repository/.git/HEAD",
            "repository/ignored/data",
            "elsewhere/secret",
        ] {
            write(&place.path().join(path), "");
        }
        let ignored = place.path().join("repository/.gitignore");
        fs::write(ignored, "generated.rs\n/ignored\n").unwrap();
        let repository = place.path().join("repository");
        symlink(place.path().join("elsewhere"), repository.join("link")).unwrap();

        let files = |roots: Roots| files(&roots, place.path());
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
            files(Roots::new().path(&one).named(&one)),
            ["repository/src/generated.rs"]
        );
        assert_eq!(
            files(Roots::new().named(repository.join("ignored"))),
            ["repository/ignored/data"]
        );
        assert!(files(Roots::new().path(repository.join("none"))).is_empty());
    }

    #[test]
    fn ignore_files_above_count_within_the_repository_only() {
        let place = tempfile::tempdir().unwrap();
        let home = place.path();
        fs::create_dir(home.join(".git")).unwrap();
        write(&home.join(".gitignore"), "*\n");
        write(&home.join("plain/app.py"), "");
        write(&home.join("own/app.py"), "");
        write(&home.join("own/data"), "");
        write(&home.join("own/.gitignore"), "data\n");
        fs::create_dir(home.join("own/.git")).unwrap();
        for (name, expected) in [("plain", "plain/app.py"), ("own", "own/app.py")] {
            let roots = Roots::new().sources(home.join(name));
            assert_eq!(files(&roots, home), [expected], "{name}");
        }
    }

    #[test]
    fn package_has_no_other_package_and_no_target() {
        let place = tempfile::tempdir().unwrap();
        for path in [
            "Cargo.toml",
            "a",
            ".hidden",
            "other/Cargo.toml",
            "other/b",
            "target/c",
        ] {
            write(&place.path().join(path), "");
        }
        write(&place.path().join(".gitignore"), "a\n");
        let roots = Roots::new().package(place.path());
        assert_eq!(files(&roots, place.path()), ["Cargo.toml", "a"]);
        fs::create_dir(place.path().join(".git")).unwrap();
        let expected = [".gitignore", ".hidden", "Cargo.toml"];
        assert_eq!(files(&roots, place.path()), expected);
    }

    #[test]
    fn changes_are_new_removed_and_replaced_files() {
        let place = tempfile::tempdir().unwrap();
        let roots = Roots::new().path(place.path());
        let path = |name: &str| place.path().join(name);
        for name in ["same", "longer", "removed", "replaced"] {
            fs::write(path(name), "text").unwrap();
        }
        let take = |roots: &Roots, before: &Snapshot| Snapshot::take(roots, before);
        let before = take(&roots, &Snapshot::default());
        assert!(before.changes(&take(&roots, &before)).is_empty());
        fs::write(path("longer"), "longer text").unwrap();
        fs::write(path("new"), "").unwrap();
        fs::remove_file(path("removed")).unwrap();
        fs::write(path("other"), "text").unwrap();
        fs::rename(path("other"), path("replaced")).unwrap();
        let later = take(&roots, &before);
        let changes = before.changes(&later);
        let expected = ["longer", "new", "removed", "replaced"].map(path);
        assert_eq!(changes.keys().cloned().collect::<Vec<_>>(), expected);
        let longer = changes[&path("longer")].modified.unwrap();
        let new = before.new_since(&later, longer);
        assert_eq!(new.keys().cloned().collect::<Vec<_>>(), [path("new")]);
    }

    #[test]
    fn touch_of_a_named_file_is_told_from_a_change() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        let roots = Roots::new().named(path("a")).named(path("b"));
        for name in ["a", "b"] {
            fs::write(path(name), "text").unwrap();
        }
        let before = Snapshot::take(&roots, &Snapshot::default());
        for (name, text) in [("a", "text"), ("b", "next")] {
            fs::write(path("new"), text).unwrap();
            fs::rename(path("new"), path(name)).unwrap();
        }
        let changes = before.changes(&Snapshot::take(&roots, &before));
        assert!(changes[&path("a")].is_touch);
        assert!(!changes[&path("b")].is_touch);
    }
}
