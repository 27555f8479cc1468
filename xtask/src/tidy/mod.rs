//! The conventions of CONTRIBUTING.md that neither rustc, rustfmt nor clippy can check.

mod documents;
mod features;
mod manifests;
mod sources;

use std::fs;

use crate::command::{command, read, root};
use crate::{Result, complain};

/// From the files of the repository to complaints.
type Check = fn(&[File]) -> Vec<String>;

const CHECKS: &[Check] = &[
    documents::each_crate_is_on_the_map,
    documents::the_version_is_in_the_changelog,
    documents::nothing_points_at_this_machine,
    features::each_feature_of_the_facade_is_in_its_table,
    documents::each_crate_has_its_page,
    manifests::each_dependency_has_its_reason,
    manifests::each_package_is_locked_to_the_public_index,
    manifests::each_package_takes_the_lints,
    manifests::each_package_can_be_published,
    manifests::no_package_needs_testkit,
    sources::each_file_says_its_purpose,
    sources::no_file_is_too_long,
    sources::hyper_stays_behind_its_door,
    sources::each_outside_program_can_be_had,
];

/// A file of the repository, its path seen from the top.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

pub(crate) fn check() -> Result {
    let files = files()?;
    let complaints: Vec<String> = CHECKS.iter().flat_map(|check| check(&files)).collect();
    complain(&complaints)
}

/// Every text file that is in git, or would be after `git add --all`.
pub(crate) fn files() -> Result<Vec<File>> {
    // The owner of a checkout inside a container is often another user.
    let list = read(&mut command(
        "git",
        "-c safe.directory=* ls-files --cached --others --exclude-standard",
    ))?;
    Ok(list
        .lines()
        .filter_map(|path| {
            let text = fs::read_to_string(root().join(path)).ok()?;
            Some(File {
                path: path.to_owned(),
                text,
            })
        })
        .collect())
}

impl File {
    /// The `NAME` of `crates/NAME/…`.
    fn folder(&self) -> Option<&str> {
        Some(self.path.strip_prefix("crates/")?.split_once('/')?.0)
    }

    /// Whether this is part of what a package builds, tests and benches aside.
    fn is_source(&self) -> bool {
        self.path.ends_with(".rs") && self.path.contains("/src/")
    }

    fn is_manifest(&self) -> bool {
        self.path.ends_with("Cargo.toml")
    }

    /// Whether this is the manifest of a crate that is published.
    pub(crate) fn is_published(&self) -> bool {
        self.is_manifest() && self.folder().is_some() && !self.text.contains("publish = false")
    }

    /// The value of a manifest's first line `key = "value"`.
    pub(crate) fn value(&self, key: &str) -> Option<&str> {
        self.text.lines().find_map(|line| {
            line.strip_prefix(key)?
                .strip_prefix(" = \"")?
                .strip_suffix('"')
        })
    }

    /// The lines with their numbers.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small repository for the tests of one check.
    pub(super) fn repository(files: &[(&str, &str)]) -> Vec<File> {
        files
            .iter()
            .map(|&(path, text)| File {
                path: path.to_owned(),
                text: text.to_owned(),
            })
            .collect()
    }

    #[test]
    fn this_repository_is_tidy() {
        if let Err(error) = check() {
            panic!("{error}");
        }
    }
}
