//! What a build says (<https://doc.rust-lang.org/cargo/reference/external-tools.html>).

use std::path::PathBuf;

use serde::Deserialize;

use super::command::Target;

/// What came of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Built {
    /// Whether cargo was content.
    pub success: bool,
    /// The programs, if it was.
    pub executables: Vec<Executable>,
    /// What the compiler complained of, with colours (ANSI); or, if it never came that far, cargo.
    pub errors: String,
}

/// A program that cargo has built.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Executable {
    /// The name of its target.
    pub name: String,
    /// Where it is. The next build removes the file and makes another of this name.
    pub path: PathBuf,
    /// The manifest of its package.
    pub manifest: PathBuf,
}

impl Executable {
    pub(super) fn dep_info(&self) -> PathBuf {
        self.path.with_extension("d")
    }
}

#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Line {
    CompilerMessage {
        message: Diagnostic,
    },
    CompilerArtifact {
        manifest_path: PathBuf,
        target: BuiltTarget,
        executable: Option<PathBuf>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    rendered: Option<String>,
}

#[derive(Deserialize)]
struct BuiltTarget {
    kind: Vec<String>,
    name: String,
}

impl Built {
    /// Takes one line, and returns what of it is for people.
    pub(super) fn hear(&mut self, line: &str, wanted: Option<&Target>) -> Option<String> {
        match serde_json::from_str(line).ok()? {
            Line::CompilerMessage { message } => {
                let text = message.rendered?;
                if message.level.starts_with("error") {
                    self.errors += &text;
                }
                Some(text)
            }
            Line::CompilerArtifact {
                manifest_path,
                target,
                executable: Some(path),
            } => {
                let is_kind = |kind| target.kind.iter().any(|found| found == kind);
                let is_wanted = wanted.map_or_else(
                    || is_kind("bin"),
                    |wanted| is_kind(wanted.kind) && target.name == wanted.name,
                );
                if is_wanted {
                    self.executables.push(Executable {
                        name: target.name,
                        path,
                        manifest: manifest_path,
                    });
                }
                None
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(kind: &str, name: &str) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","manifest_path":"/w/Cargo.toml","target":{{"kind":["{kind}"],"name":"{name}"}},"executable":"/t/{name}"}}"#
        )
    }

    #[test]
    fn the_program_that_is_wanted() {
        let target = |kind, name: &str| Target {
            kind,
            name: name.to_owned(),
        };
        for (wanted, expected) in [
            (None, vec!["a", "b"]),
            (Some(target("bin", "b")), vec!["b"]),
            (Some(target("example", "a")), vec!["a"]),
            (Some(target("example", "c")), vec![]),
        ] {
            let mut built = Built::default();
            for (kind, name) in [("bin", "a"), ("bin", "b"), ("example", "a")] {
                assert_eq!(built.hear(&artifact(kind, name), wanted.as_ref()), None);
            }
            let names: Vec<&str> = built
                .executables
                .iter()
                .map(|one| one.name.as_str())
                .collect();
            assert_eq!(names, expected, "{wanted:?}");
        }
    }

    #[test]
    fn what_the_compiler_says() {
        let say = |level: &str, text: &str| {
            format!(
                r#"{{"reason":"compiler-message","message":{{"level":"{level}","rendered":"{text}"}}}}"#
            )
        };
        let mut built = Built::default();
        for (line, heard) in [
            (say("warning", "w"), Some("w")),
            (say("error", "e"), Some("e")),
            (say("error: internal compiler error", "i"), Some("i")),
            (r#"{"reason":"build-script-executed"}"#.to_owned(), None),
            (r#"{"reason":"compiler-message"}"#.to_owned(), None),
            ("no JSON".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(built.hear(&line, None).as_deref(), heard, "{line}");
        }
        assert_eq!(built.errors, "ei");
    }
}
