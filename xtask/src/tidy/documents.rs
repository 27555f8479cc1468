//! Checks of what is written for people.

use std::collections::BTreeSet;

use crate::readme;
use crate::repository::File;

/// Every crate is in ARCHITECTURE.md, every published one in a table of README.md, and neither
/// names a crate that does not exist.
pub(super) fn each_crate_is_on_the_map(files: &[File]) -> Vec<String> {
    let manifests = || {
        files
            .iter()
            .filter(|file| file.is_manifest() && file.folder().is_some())
    };
    let all: BTreeSet<&str> = manifests().filter_map(name).collect();
    let published: BTreeSet<&str> = manifests()
        .filter(|file| file.is_published())
        .filter_map(name)
        .collect();
    let table: String = text(files, "README.md")
        .split_inclusive('\n')
        .filter(|line| line.starts_with('|'))
        .collect();
    let mut complaints = differences(
        "ARCHITECTURE.md",
        text(files, "ARCHITECTURE.md"),
        &all,
        &all,
    );
    complaints.extend(differences("README.md's table", &table, &published, &all));
    complaints
}

fn differences(
    place: &str,
    text: &str,
    wanted: &BTreeSet<&str>,
    known: &BTreeSet<&str>,
) -> Vec<String> {
    let words: BTreeSet<&str> = text
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .collect();
    let missing = wanted
        .difference(&words)
        .map(|name| format!("{place}: {name} is missing"));
    let unknown = words
        .iter()
        .filter(|word| word.starts_with("squall-") && !known.contains(*word))
        .map(|word| format!("{place}: there is no {word}"));
    missing.chain(unknown).collect()
}

pub(super) fn the_version_is_in_the_changelog(files: &[File]) -> Vec<String> {
    let manifest = files.iter().find(|file| file.path == "Cargo.toml");
    let Some(version) = manifest.and_then(|manifest| manifest.value("version")) else {
        return vec!["Cargo.toml: the workspace has no version".to_owned()];
    };
    let found = text(files, "CHANGELOG.md")
        .lines()
        .filter(|line| line.starts_with("## "))
        .any(|heading| heading.contains(version) || heading.contains("Unreleased"));
    if found {
        Vec::new()
    } else {
        vec![format!(
            "CHANGELOG.md: no heading for {version} or Unreleased"
        )]
    }
}

/// Each crate says what it is for, with an example, and what it does not do; its README is made of that.
pub(super) fn each_crate_has_its_page(files: &[File]) -> Vec<String> {
    readme::pages(files)
        .iter()
        .flat_map(|page| {
            let parts = [
                (page.text.contains("```"), "an example"),
                (readme::limits(&page.text).is_some(), "a section \"Limits\""),
            ];
            let missing = parts
                .into_iter()
                .filter(|(is_there, _)| !is_there)
                .map(|(_, part)| format!("{}: the documentation lacks {part}", page.path));
            let is_current = text(files, &page.path) == page.text;
            let outdated =
                (!is_current).then(|| format!("{}: outdated; run cargo xtask readme", page.path));
            missing.chain(outdated).collect::<Vec<_>>()
        })
        .collect()
}

/// Paths and package sources that hold on one machine only. Each is written in two halves, so
/// that this file does not find itself.
const MACHINE: &[[&str; 2]] = &[
    ["/home", "/"],
    ["/root", "/"],
    ["/Users", "/"],
    ["/work", "/"],
    ["index", "-url"],
    ["replace", "-with"],
];

pub(super) fn nothing_points_at_this_machine(files: &[File]) -> Vec<String> {
    files
        .iter()
        .flat_map(|file| file.lines().map(move |line| (file, line)))
        .flat_map(|(file, (number, line))| {
            MACHINE
                .iter()
                .map(|halves| halves.concat())
                .filter(move |needle| line.contains(needle))
                .map(move |needle| {
                    format!("{}:{number}: {needle} is of one machine only", file.path)
                })
        })
        .collect()
}

/// The text of the file, empty if there is none: then all that it should say is missing.
fn text<'a>(files: &'a [File], path: &str) -> &'a str {
    files
        .iter()
        .find(|file| file.path == path)
        .map_or("", |file| &file.text)
}

fn name(manifest: &File) -> Option<&str> {
    manifest.value("name")
}

#[cfg(test)]
mod tests {
    use super::super::tests::repository;
    use super::*;

    #[test]
    fn map() {
        let files = repository(&[
            ("crates/a/Cargo.toml", "[package]\nname = \"squall-a\"\n"),
            ("crates/b/Cargo.toml", "[package]\nname = \"squall-b\"\n"),
            (
                "crates/t/Cargo.toml",
                "[package]\nname = \"t\"\npublish = false\n",
            ),
            (
                "ARCHITECTURE.md",
                "`squall-a`'s friends are squall-b and squall-c.\n",
            ),
            (
                "README.md",
                "squall-b\n\n| [`squall-a`](crates/a) | first |\n",
            ),
        ]);
        assert_eq!(
            each_crate_is_on_the_map(&files),
            [
                "ARCHITECTURE.md: t is missing",
                "ARCHITECTURE.md: there is no squall-c",
                "README.md's table: squall-b is missing",
            ]
        );
    }

    #[test]
    fn changelog() {
        let check = |changelog| {
            let manifest = "[workspace.package]\nversion = \"1.2.3\"\n";
            let files = repository(&[("Cargo.toml", manifest), ("CHANGELOG.md", changelog)]);
            the_version_is_in_the_changelog(&files)
        };
        assert_eq!(check("## 1.2.3 (a day)\n"), [""; 0]);
        assert_eq!(check("## Unreleased\n"), [""; 0]);
        assert_eq!(
            check("1.2.3\n## 1.2.2\n"),
            ["CHANGELOG.md: no heading for 1.2.3 or Unreleased"]
        );
    }

    #[test]
    fn page() {
        let manifest = ("crates/a/Cargo.toml", "[package]\nname = \"squall-a\"\n");
        let bare = ("crates/a/src/lib.rs", "//! Makes [`A`].\n");
        assert_eq!(
            each_crate_has_its_page(&repository(&[manifest, bare])),
            [
                "crates/a/README.md: the documentation lacks an example",
                "crates/a/README.md: the documentation lacks a section \"Limits\"",
                "crates/a/README.md: outdated; run cargo xtask readme",
            ]
        );
        let whole = (
            "crates/a/src/lib.rs",
            "//! Makes A.\n//!\n//! ```\n//! a();\n//! ```\n//!\n//! # What it does not do\n//!\n//! B.\n",
        );
        let text = readme::pages(&repository(&[manifest, whole]))
            .remove(0)
            .text;
        let readme = ("crates/a/README.md", &*text);
        assert_eq!(
            each_crate_has_its_page(&repository(&[manifest, whole, readme])),
            [""; 0]
        );
    }

    #[test]
    fn machine() {
        let home = MACHINE[0].concat();
        let files = repository(&[
            ("a.conf", &format!("root /srv;\nroot {home}me;\n")),
            ("b.rs", "fn home() {}\n"),
        ]);
        assert_eq!(
            nothing_points_at_this_machine(&files),
            [format!("a.conf:2: {home} is of one machine only")]
        );
    }
}
