//! The conventions of CONTRIBUTING.md that neither rustc, rustfmt nor clippy can check.

mod documents;
mod features;
mod manifests;
mod names;
mod snippets;
mod sources;

use crate::repository::{File, files};
use crate::{Result, complain, guide};

/// From the files of the repository to complaints.
type Check = fn(&[File]) -> Vec<String>;

const CHECKS: &[Check] = &[
    documents::each_crate_is_on_the_map,
    documents::the_version_is_in_the_changelog,
    documents::nothing_points_at_this_machine,
    features::each_feature_of_the_facade_is_in_its_table,
    documents::each_crate_has_its_page,
    names::each_name_of_the_facade_is_on_its_page,
    snippets::each_crate_of_a_snippet_is_on_its_page,
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

pub(crate) fn check() -> Result {
    let files = files()?;
    let complaints: Vec<String> = CHECKS.iter().flat_map(|check| check(&files)).collect();
    complain(&complaints)?;
    guide::check_files()
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
