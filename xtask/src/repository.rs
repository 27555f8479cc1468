//! The files of the repository.

use std::fs;

use crate::Result;
use crate::command::{command, read, root};

/// A file of the repository, its path seen from the top.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
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
    /// The `NAME` of `crates/NAME/…`, and of `wsgi/…`, a crate beside the workspace.
    pub(crate) fn folder(&self) -> Option<&str> {
        let path = self.path.strip_prefix("crates/").unwrap_or(&self.path);
        let (folder, _) = path.split_once('/')?;
        (path.len() < self.path.len() || folder == "wsgi").then_some(folder)
    }

    /// Whether this is part of what a package builds, tests and benches aside.
    pub(crate) fn is_source(&self) -> bool {
        self.path.ends_with(".rs") && self.path.contains("/src/")
    }

    pub(crate) fn is_manifest(&self) -> bool {
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

    /// The text before the module of tests, if it has one.
    pub(crate) fn code(&self) -> &str {
        before_tests(&self.text)
    }

    /// The lines with their numbers.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

/// Reads Rust as rustfmt writes it: an item that begins with its attributes, none of them indented.
fn before_tests(text: &str) -> &str {
    let mut item = 0;
    let mut is_test = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        if line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test,") {
            is_test = true;
        } else if is_test && line.starts_with("mod ") && line.trim_end().ends_with('{') {
            return &text[..item];
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            item = end;
            is_test = false;
        }
        at = end;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::before_tests;

    #[test]
    fn tests_begin_with_the_attributes_of_their_module() {
        for tests in [
            "#[cfg(test)]\nmod tests {\n}\n",
            "#[cfg(all(test, unix))]\nmod tests {\n}\n",
            "#[cfg(test)]\n#[cfg(feature = \"a\")]\nmod tests {\n}\n",
            "#[cfg(feature = \"a\")]\n#[cfg(test)]\nmod tests {\n}\n",
            "/// Tables.\n#[cfg(test)]\n// Long.\n#[allow(a)]\nmod tables {\n}\n",
        ] {
            for code in ["", "fn a() {\n    b();\n}\n\n", "#[cfg(test)]\nuse a;\n"] {
                assert_eq!(before_tests(&format!("{code}{tests}")), code, "{tests}");
            }
        }
    }

    #[test]
    fn other_items_are_no_tests() {
        for code in [
            "#[cfg(test)]\nmod tests;\n\nfn a() {\n}\n",
            "#[cfg(test)]\nfn a() {\n}\n\nmod b {\n}\n",
            "#[cfg(not(test))]\nmod a {\n}\n",
            "mod a {\n    #[cfg(test)]\n    mod tests {\n    }\n}\n",
        ] {
            assert_eq!(before_tests(code), code);
        }
    }
}
