//! Checks of Cargo.toml files.

use crate::repository::File;

pub(super) fn each_dependency_has_its_reason(files: &[File]) -> Vec<String> {
    files
        .iter()
        .filter(|file| file.is_manifest() && file.folder().is_some())
        .flat_map(|file| {
            unexplained(&file.text)
                .map(move |name| format!("{}: why is {name} here? say so in a comment", file.path))
        })
        .collect()
}

/// The dependencies without a comment on their line or above it. What stands above goes for all
/// lines up to an empty one.
fn unexplained(manifest: &str) -> impl Iterator<Item = &str> {
    let mut in_dependencies = false;
    let mut explained_above = false;
    manifest.lines().filter_map(move |line| {
        if line.starts_with('[') {
            in_dependencies = line.trim_end_matches(']').ends_with("dependencies");
            explained_above = false;
        }
        explained_above = line.starts_with('#') || explained_above && !line.is_empty();
        let explained = explained_above || line.contains('#');
        let starts = line.starts_with(|c: char| c.is_ascii_alphanumeric());
        let name = line.split(['.', ' ', '=']).next()?;
        (in_dependencies && starts && !explained).then_some(name)
    })
}

/// A mirror is a matter of one machine; a lock file that names it fails on all others.
pub(super) fn each_package_is_locked_to_the_public_index(files: &[File]) -> Vec<String> {
    const INDEX: &str = "source = \"registry+https://github.com/rust-lang/";
    files
        .iter()
        .filter(|file| file.path.ends_with("Cargo.lock"))
        .flat_map(|file| file.lines().map(move |line| (file, line)))
        .filter(|(_, (_, line))| line.starts_with("source = ") && !line.starts_with(INDEX))
        .map(|(file, (number, line))| format!("{}:{number}: another {line}", file.path))
        .collect()
}

pub(super) fn each_package_takes_the_lints(files: &[File]) -> Vec<String> {
    files
        .iter()
        .filter(|file| file.is_manifest() && file.text.contains("[package]"))
        .filter(|file| !file.text.contains("\n[lints]\nworkspace = true\n"))
        .map(|file| format!("{}: it does not take the workspace's lints", file.path))
        .collect()
}

/// A published crate has all that its page in a registry and its documentation are made of.
pub(super) fn each_package_can_be_published(files: &[File]) -> Vec<String> {
    const LINES: [&str; 4] = [
        "\ndescription = \"",
        "\ndocumentation = \"",
        "\nkeywords = [",
        "\ncategories = [",
    ];
    const DOCS: &str = "\n[package.metadata.docs.rs]\nall-features = true\n";
    const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];
    // A crate's licence files are links to those at the top.
    let has = &|path: &str| files.iter().any(|file| file.path == path);
    let needs_testkit = |folder: &str| {
        let tests = format!("{folder}/tests/");
        files
            .iter()
            .any(|file| file.path.starts_with(&tests) && file.text.contains("testkit"))
    };
    files
        .iter()
        .filter(|file| file.is_published())
        .flat_map(|file| {
            let folder = file.path.trim_end_matches("/Cargo.toml");
            let lines = LINES
                .iter()
                .filter(|line| !file.text.contains(*line))
                .map(|line| line.trim_matches(['\n', ' ', '=', '"', '[']).to_owned());
            let docs = (!file.text.contains(DOCS)).then(|| DOCS.trim().replace('\n', ", "));
            let licences = LICENCES
                .iter()
                .filter(move |name| !has(&format!("{folder}/{name}")))
                .map(|name| format!("link to ../../{name}"));
            let exclude = (needs_testkit(folder)
                && !file.text.contains("\nexclude = [\"/tests\"]\n"))
            .then(|| "exclude = [\"/tests\"], though these need testkit".to_owned());
            lines
                .chain(docs)
                .chain(licences)
                .chain(exclude)
                .map(move |missing| format!("{}: no {missing}", file.path))
        })
        .collect()
}

/// Packaged code cannot use testkit, which is not published.
pub(super) fn no_package_needs_testkit(files: &[File]) -> Vec<String> {
    files
        .iter()
        .filter(|file| file.path.ends_with(".rs") && file.path.starts_with("crates/"))
        .filter(|file| file.folder() != Some("testkit"))
        .filter(|file| {
            let part = file.path.split('/').nth(2);
            part == Some("src") || part == Some("examples")
        })
        .flat_map(|file| file.lines().map(move |line| (file, line)))
        .filter(|(_, (_, line))| line.contains("testkit::"))
        .map(|(file, (number, _))| {
            format!(
                "{}:{number}: testkit is not published, take tempfile",
                file.path
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::repository;
    use super::*;

    #[test]
    fn published() {
        let complete = "[package]\nname = \"squall-a\"\ndescription = \"a\"\n\
            documentation = \"https://docs.rs/squall-a\"\nkeywords = [\"a\"]\n\
            categories = [\"filesystem\"]\nexclude = [\"/tests\"]\n\n\
            [package.metadata.docs.rs]\nall-features = true\n";
        let poor = "[package]\nname = \"squall-b\"\ndescription = \"b\"\n";
        let files = repository(&[
            ("crates/a/Cargo.toml", complete),
            ("crates/a/LICENSE-APACHE", ""),
            ("crates/a/LICENSE-MIT", ""),
            ("crates/a/tests/it/main.rs", "use testkit::Wire;\n"),
            ("crates/b/Cargo.toml", poor),
            ("crates/b/LICENSE-MIT", ""),
            ("crates/b/tests/it/main.rs", "use testkit::Wire;\n"),
            ("crates/t/Cargo.toml", "[package]\npublish = false\n"),
        ]);
        assert_eq!(
            each_package_can_be_published(&files),
            [
                "crates/b/Cargo.toml: no documentation",
                "crates/b/Cargo.toml: no keywords",
                "crates/b/Cargo.toml: no categories",
                "crates/b/Cargo.toml: no [package.metadata.docs.rs], all-features = true",
                "crates/b/Cargo.toml: no link to ../../LICENSE-APACHE",
                "crates/b/Cargo.toml: no exclude = [\"/tests\"], though these need testkit",
            ]
        );
    }

    #[test]
    fn testkit() {
        let text = "\nlet folder = testkit::temp_dir();\n";
        let files = repository(&[
            ("crates/a/src/lib.rs", text),
            ("crates/a/tests/it/main.rs", text),
            ("crates/testkit/src/lib.rs", text),
        ]);
        assert_eq!(
            no_package_needs_testkit(&files),
            ["crates/a/src/lib.rs:2: testkit is not published, take tempfile"]
        );
    }

    #[test]
    fn reasons() {
        let manifest = r#"
[package]
name = "a"

[dependencies]
# Explained above,
# in two lines.
one.workspace = true
one-more.workspace = true

two = { workspace = true, features = [
    "long",
] }
three = "3" # Explained here.
four.workspace = true

[target.'cfg(unix)'.dev-dependencies]
five = "5"

[features]
six = []
"#;
        assert_eq!(
            unexplained(manifest).collect::<Vec<_>>(),
            ["two", "four", "five"]
        );
    }

    #[test]
    fn lock() {
        let lock = r#"
source = "registry+https://github.com/rust-lang/some-index"
source = "registry+https://mirror.example/index"
"#;
        assert_eq!(
            each_package_is_locked_to_the_public_index(&repository(&[("Cargo.lock", lock)])),
            [r#"Cargo.lock:3: another source = "registry+https://mirror.example/index""#]
        );
    }

    #[test]
    fn lints() {
        let files = repository(&[
            ("Cargo.toml", "[workspace]\n"),
            ("a/Cargo.toml", "[package]\n\n[lints]\nworkspace = true\n"),
            ("b/Cargo.toml", "[package]\n"),
        ]);
        assert_eq!(
            each_package_takes_the_lints(&files),
            ["b/Cargo.toml: it does not take the workspace's lints"]
        );
    }
}
