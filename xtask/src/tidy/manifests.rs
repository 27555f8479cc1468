//! Checks of Cargo.toml files.

use super::File;

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

#[cfg(test)]
mod tests {
    use super::super::tests::repository;
    use super::*;

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
