//! cargo's JSON messages: diagnostics and executables of a build
//! (<https://doc.rust-lang.org/cargo/reference/external-tools.html>).

use std::path::PathBuf;

use cargo_metadata::{Artifact, Message, diagnostic::DiagnosticLevel};

/// The result of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Built {
    /// Whether cargo exited with success.
    pub success: bool,
    /// The executables, if the build succeeded.
    pub executables: Vec<Executable>,
    /// The compiler's errors, with colours (ANSI). Without any, the end of cargo's output if the
    /// build failed.
    pub errors: String,
}

/// An executable that cargo has built.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Executable {
    /// The name of its target.
    pub name: String,
    /// The path of the file. The next build replaces the file.
    pub path: PathBuf,
    /// The manifest of its package.
    pub manifest: PathBuf,
}

/// The target that `--bin` or `--example` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) kind: &'static str,
    pub(super) name: String,
}

impl Executable {
    pub(super) fn dep_info(&self) -> PathBuf {
        self.path.with_extension("d")
    }
}

impl Built {
    /// Records one line of output, and returns the text to print for it.
    pub(super) fn record(&mut self, line: &str, wanted: Option<&Target>) -> Option<String> {
        match serde_json::from_str(line).ok()? {
            Message::CompilerMessage(found) => {
                let text = found.message.rendered?;
                if let DiagnosticLevel::Error | DiagnosticLevel::Ice = found.message.level {
                    self.errors += &text;
                }
                Some(text)
            }
            Message::CompilerArtifact(artifact) => {
                if is_wanted(&artifact, wanted)
                    && let Some(path) = artifact.executable
                {
                    self.executables.push(Executable {
                        name: artifact.target.name,
                        path: path.into(),
                        manifest: artifact.manifest_path.into(),
                    });
                }
                None
            }
            _ => None,
        }
    }
}

fn is_wanted(artifact: &Artifact, wanted: Option<&Target>) -> bool {
    let target = &artifact.target;
    wanted.map_or_else(
        || target.is_bin(),
        |wanted| target.is_kind(wanted.kind.into()) && target.name == wanted.name,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(kind: &str, name: &str) -> String {
        format!(
            r#"{{"kind":["{kind}"],"crate_types":["bin"],"name":"{name}","src_path":"/w/{name}.rs","edition":"2024","doc":true,"doctest":false,"test":true}}"#
        )
    }

    fn artifact(kind: &str, name: &str) -> String {
        let target = target(kind, name);
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"path+file:///w#0.1.0","manifest_path":"/w/Cargo.toml","target":{target},"profile":{{"opt_level":"0","debuginfo":2,"debug_assertions":true,"overflow_checks":true,"test":false}},"features":[],"filenames":["/t/{name}"],"executable":"/t/{name}","fresh":false}}"#
        )
    }

    fn library() -> String {
        artifact("lib", "site").replace(r#""executable":"/t/site""#, r#""executable":null"#)
    }

    fn diagnostic(level: &str, rendered: &str) -> String {
        let target = target("bin", "site");
        format!(
            r#"{{"reason":"compiler-message","package_id":"path+file:///w#0.1.0","manifest_path":"/w/Cargo.toml","target":{target},"message":{{"rendered":"{rendered}","$message_type":"diagnostic","children":[],"level":"{level}","message":"m","spans":[],"code":null}}}}"#
        )
    }

    #[test]
    fn executables_match_the_requested_target() {
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
            assert_eq!(built.record(&library(), wanted.as_ref()), None);
            for (kind, name) in [("bin", "a"), ("bin", "b"), ("example", "a")] {
                assert_eq!(built.record(&artifact(kind, name), wanted.as_ref()), None);
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
    fn executables_have_path_and_manifest() {
        let mut built = Built::default();
        built.record(&artifact("bin", "a"), None);
        let expected = Executable {
            name: "a".to_owned(),
            path: "/t/a".into(),
            manifest: "/w/Cargo.toml".into(),
        };
        assert_eq!(built.executables, [expected]);
    }

    #[test]
    fn diagnostics_are_printed_and_errors_are_kept() {
        let mut built = Built::default();
        for (line, printed) in [
            (diagnostic("warning", "w"), Some("w")),
            (diagnostic("failure-note", "n"), Some("n")),
            (diagnostic("error", "e"), Some("e")),
            (diagnostic("error: internal compiler error", "i"), Some("i")),
            (
                r#"{"reason":"build-finished","success":false}"#.to_owned(),
                None,
            ),
            (r#"{"reason":"not-known-yet"}"#.to_owned(), None),
            (r#"{"reason":"compiler-message"}"#.to_owned(), None),
            ("no JSON".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(built.record(&line, None).as_deref(), printed, "{line}");
        }
        assert_eq!(built.errors, "ei");
    }
}
