//! Paths in cargo's messages and dep-info: their normal form, and those that errors quote.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

/// Removes `.` and `..`. A parent is that of the directory that a link leads to, as for the kernel;
/// other links stay.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                // A directory that does not exist is no link.
                normal = normal.canonicalize().unwrap_or(normal);
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// Returns the words in quotation marks that look like paths.
pub(super) fn quoted(text: &str) -> BTreeSet<PathBuf> {
    let words = text.split(['`', '"', '\'']).skip(1);
    words
        .filter(|word| word.contains(['/', '\\']) || word.contains('.'))
        .filter(|word| word.len() < 4096 && !word.contains(['\n', '*', '<', '(', ' ', ';']))
        .map(PathBuf::from)
        .collect()
}

/// Returns the paths of `rerun-if-changed` in the output of a build script.
pub(super) fn of_build_script(text: &str) -> BTreeSet<PathBuf> {
    let paths = text.lines().filter_map(|line| {
        let line = line.trim();
        let rest = line.strip_prefix("cargo:")?;
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        rest.strip_prefix("rerun-if-changed=")
    });
    paths.map(PathBuf::from).collect()
}

/// Whether a build script has printed its dependencies for cargo.
pub(super) fn has_rerun_rules(text: &str) -> bool {
    text.lines()
        .any(|line| line.starts_with("cargo:rerun-if-") || line.starts_with("cargo::rerun-if-"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn normal_form_follows_links_before_a_parent() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("real/deep")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("real/deep", root.join("link")).unwrap();
        for (path, expected) in [
            ("a/./b/../c", "a/c"),
            ("real/deep/../words", "real/words"),
            #[cfg(unix)]
            ("link/../words", "real/words"),
            #[cfg(unix)]
            ("link/words", "link/words"),
            ("none/../../words", "../words"),
        ] {
            let expected = if expected == "../words" {
                root.parent().unwrap().join("words")
            } else {
                root.join(expected)
            };
            assert_eq!(normal(&root.join(path)), expected, "{path}");
        }
    }

    #[test]
    fn paths_in_messages() {
        for (text, expected) in [
            (
                "couldn't read `src/../words`: No such file",
                vec!["src/../words"],
            ),
            (
                "failed to parse manifest at `/w/Cargo.toml`",
                vec!["/w/Cargo.toml"],
            ),
            (
                r#"create file "src/x.rs" or "src/x/mod.rs""#,
                vec!["src/x.rs", "src/x/mod.rs"],
            ),
            ("cannot find value `x` in this scope", vec![]),
            ("expected `Vec<u8>`, found `()`", vec![]),
        ] {
            let expected: BTreeSet<PathBuf> = expected.into_iter().map(PathBuf::from).collect();
            assert_eq!(quoted(text), expected, "{text}");
        }
    }

    #[test]
    fn rules_of_build_scripts() {
        let text =
            "note\ncargo:rerun-if-changed=a\ncargo::rerun-if-changed=../b\ncargo:warning=x\n";
        assert_eq!(
            of_build_script(text),
            ["../b", "a"].map(PathBuf::from).into()
        );
        for (text, expected) in [
            (text, true),
            ("cargo::rerun-if-env-changed=A\n", true),
            ("cargo::rustc-cfg=a\n", false),
            ("", false),
        ] {
            assert_eq!(has_rerun_rules(text), expected, "{text}");
        }
    }
}
