//! Walks a directory, and decides which of its files count.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use ignore::{DirEntry, Walk, WalkBuilder, gitignore::Gitignore};

use super::roots::Rules;

/// Ends of the names of files that programs write and editors do not.
const WRITTEN: [&str; 9] = [
    ".log", ".pid", ".sock", ".db", ".sqlite", ".sqlite3", "-journal", "-wal", "-shm",
];

pub(super) fn walk(root: &Path, rules: Rules) -> Walk {
    let mut walk = WalkBuilder::new(root);
    let repository = repository(root);
    match rules {
        Rules::Named => {
            walk.standard_filters(false).follow_links(true);
        }
        Rules::Contents => {
            walk.parents(false).require_git(false);
        }
        Rules::Repository => {
            let by_git = repository.is_some_and(|top| !is_ignored_above(root, top));
            walk.parents(by_git).require_git(by_git);
        }
        Rules::Package if repository.is_some() => {
            walk.hidden(false);
        }
        Rules::Package => {
            walk.standard_filters(false).hidden(true).follow_links(true);
        }
    }
    walk.filter_entry(move |entry| entry.depth() == 0 || is_counted(entry, rules));
    walk.build()
}

/// Returns the root of the git repository that the directory belongs to.
fn repository(directory: &Path) -> Option<&Path> {
    directory
        .ancestors()
        .find(|ancestor| ancestor.join(".git").exists())
}

/// Whether the repository ignores the directory itself, as a home directory that is a repository
/// ignores the projects in it. Its rules are not meant for their files then.
fn is_ignored_above(directory: &Path, top: &Path) -> bool {
    let parents = directory.ancestors().skip(1);
    let mut parents = parents.take_while(|parent| parent.starts_with(top));
    let decision = parents.find_map(|parent| {
        let (rules, _) = Gitignore::new(parent.join(".gitignore"));
        let decision = rules.matched(directory, true);
        (!decision.is_none()).then(|| decision.is_ignore())
    });
    decision.unwrap_or(false)
}

fn is_counted(entry: &DirEntry, rules: Rules) -> bool {
    let name = entry.file_name();
    if entry.file_type().is_some_and(|kind| kind.is_dir()) {
        let is_cache = name == "__pycache__" || entry.path().join("CACHEDIR.TAG").is_file();
        let is_other_package = || {
            rules == Rules::Package
                && (name == "target" && entry.depth() == 1
                    || entry.path().join("Cargo.toml").exists())
        };
        return name != ".git" && !is_cache && !is_other_package();
    }
    let is_written = || {
        let name = name.to_string_lossy();
        matches!(rules, Rules::Contents | Rules::Repository)
            && WRITTEN.iter().any(|end| name.ends_with(end))
    };
    !is_editor_file(name) && !is_written()
}

/// Whether an editor writes such a file beside the one that is edited.
pub(super) fn is_editor_file(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    // Vim creates 4913 to check for write access to the directory; Emacs links .#name.
    name.ends_with('~')
        || name.ends_with(".tmp")
        || name.ends_with(".swp")
        || name.starts_with(".#")
        || name == "4913"
}

/// Returns the nearest ancestor that exists, or the path itself.
pub(super) fn existing(path: &Path) -> Option<PathBuf> {
    let found = path.ancestors().find(|ancestor| ancestor.is_dir());
    found.map(Path::to_owned)
}
