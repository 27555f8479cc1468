//! cargo's JSON messages: diagnostics, units and build scripts of a build
//! (<https://doc.rust-lang.org/cargo/reference/external-tools.html>).

use std::{collections::BTreeSet, path::PathBuf, time::SystemTime};

use cargo_metadata::{CompilerMessage, Message, diagnostic::DiagnosticLevel};

use super::{launch::Launch, output::OwnedOutput, paths};
use crate::diagnostic::{Diagnostic, Level};

/// The result of a build.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Built {
    /// The program to start, if the build succeeded.
    pub launch: Option<Launch>,
    /// The compiler's errors and warnings. A failed build without an error has the end of cargo's
    /// output as its only one.
    pub diagnostics: Vec<Diagnostic>,
    /// Files of a later time were written during or after the build.
    pub started: SystemTime,
    /// The time after cargo has ended.
    pub ended: SystemTime,
    /// Units that were compiled, not found fresh.
    pub compiled: usize,
    pub(super) units: Vec<Unit>,
    pub(super) scripts: Vec<Script>,
    /// Files that errors name, relative to a directory that is not in the message.
    pub(super) named: BTreeSet<PathBuf>,
    /// Files and directories of `rerun-if-changed` of a build script that failed.
    pub(super) rerun: BTreeSet<PathBuf>,
}

/// A compiled or fresh unit of the build.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) package: String,
    pub(super) manifest: PathBuf,
    pub(super) source: PathBuf,
}

/// A build script that was run, in this build or before.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) package: String,
    /// The file with its standard output.
    pub(super) output: PathBuf,
}

impl Built {
    pub(super) fn new(started: SystemTime) -> Self {
        Self {
            launch: None,
            diagnostics: Vec::new(),
            started,
            ended: started,
            compiled: 0,
            units: Vec::new(),
            scripts: Vec::new(),
            named: BTreeSet::new(),
            rerun: BTreeSet::new(),
        }
    }

    /// Returns the text of all errors, with colours (ANSI).
    #[must_use]
    pub fn errors(&self) -> String {
        let errors = self
            .diagnostics
            .iter()
            .filter(|found| found.level == Level::Error);
        errors.map(|found| found.text.as_str()).collect()
    }

    /// Records one line of output, and returns what to print for it.
    pub(super) fn record(&mut self, line: &[u8]) -> Option<OwnedOutput> {
        match serde_json::from_slice(line) {
            Ok(Message::CompilerMessage(found)) => self.diagnostic(found),
            Ok(Message::CompilerArtifact(found)) => {
                self.compiled += usize::from(!found.fresh);
                self.units.push(Unit {
                    package: found.package_id.repr,
                    manifest: found.manifest_path.into(),
                    source: found.target.src_path.into(),
                });
                None
            }
            Ok(Message::BuildScriptExecuted(found)) => {
                let directory = found.out_dir.parent()?;
                self.scripts.push(Script {
                    package: found.package_id.repr,
                    output: directory.join("output").into(),
                });
                None
            }
            Ok(_) => None,
            // Procedural macros and build scripts share cargo's standard output.
            Err(_) if !line.starts_with(b"{\"reason\":") => {
                Some(OwnedOutput::Stdout([line, b"\n"].concat()))
            }
            Err(_) => None,
        }
    }

    /// Records the end of cargo's output, of a build that failed.
    pub(super) fn fail(&mut self, tail: &str) {
        self.named.extend(paths::quoted(tail));
        self.rerun.extend(paths::of_build_script(tail));
        if self.errors().is_empty() {
            self.diagnostics.push(Diagnostic {
                text: tail.to_owned(),
                ..Diagnostic::default()
            });
        }
    }

    fn diagnostic(&mut self, found: CompilerMessage) -> Option<OwnedOutput> {
        let message = found.message;
        let text = message.rendered?;
        let level = match message.level {
            DiagnosticLevel::Error | DiagnosticLevel::Ice => Level::Error,
            DiagnosticLevel::Warning => Level::Warning,
            _ => return Some(OwnedOutput::Line(text)),
        };
        self.named.insert(found.target.src_path.into());
        let spans = || {
            let children = message.children.iter().flat_map(|child| &child.spans);
            message.spans.iter().chain(children)
        };
        if level == Level::Error {
            self.named
                .extend(spans().map(|span| PathBuf::from(&span.file_name)));
            self.named.extend(paths::quoted(&message.message));
            for child in &message.children {
                self.named.extend(paths::quoted(&child.message));
            }
        }
        let primary = spans().find(|span| span.is_primary);
        // `1 warning emitted` and the like have no place.
        if primary.is_some() || level == Level::Error {
            self.diagnostics.push(Diagnostic {
                level,
                text: text.clone(),
                file: primary.map(|span| PathBuf::from(&span.file_name)),
                line: primary.map_or(0, |span| span.line_start),
                column: primary.map_or(0, |span| span.column_start),
            });
        }
        Some(OwnedOutput::Line(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: &str = r#"{"kind":["bin"],"crate_types":["bin"],"name":"site","src_path":"/w/src/main.rs","edition":"2024","doc":true,"doctest":false,"test":true}"#;
    const PACKAGE: &str = r#""package_id":"path+file:///w#0.1.0","manifest_path":"/w/Cargo.toml""#;

    fn diagnostic(level: &str, text: &str) -> String {
        format!(
            r#"{{"reason":"compiler-message",{PACKAGE},"target":{TARGET},"message":{{"rendered":"{text}","$message_type":"diagnostic","children":[],"level":"{level}","message":"couldn't read `src/../words`: No such file","spans":[{{"file_name":"src/a.rs","byte_start":0,"byte_end":1,"line_start":3,"line_end":3,"column_start":5,"column_end":6,"is_primary":true,"text":[],"label":null,"suggested_replacement":null,"suggestion_applicability":null,"expansion":null}}],"code":null}}}}"#
        )
    }

    fn built(lines: &[&str]) -> Built {
        let mut built = Built::new(SystemTime::UNIX_EPOCH);
        for line in lines {
            built.record(line.as_bytes());
        }
        built
    }

    #[test]
    fn diagnostics_are_printed_and_kept_with_their_place() {
        let line = |text: &str| Some(OwnedOutput::Line(text.to_owned()));
        let mut built = built(&[]);
        for (text, printed) in [
            (diagnostic("warning", "w"), line("w")),
            (diagnostic("failure-note", "n"), line("n")),
            (diagnostic("error", "e"), line("e")),
            (diagnostic("error: internal compiler error", "i"), line("i")),
            (
                r#"{"reason":"build-finished","success":false}"#.to_owned(),
                None,
            ),
            (r#"{"reason":"not-known-yet"}"#.to_owned(), None),
            (r#"{"reason":"compiler-message"}"#.to_owned(), None),
            (
                "printed by a macro".to_owned(),
                Some(OwnedOutput::Stdout(b"printed by a macro\n".to_vec())),
            ),
        ] {
            assert_eq!(built.record(text.as_bytes()), printed, "{text}");
        }
        assert_eq!(built.errors(), "ei");
        let levels = built.diagnostics.iter().map(|found| found.level);
        assert_eq!(
            levels.collect::<Vec<_>>(),
            [Level::Warning, Level::Error, Level::Error]
        );
        let first = &built.diagnostics[1];
        let place = (first.file.as_deref(), first.line, first.column);
        assert_eq!(place, (Some("src/a.rs".as_ref()), 3, 5));
        let named = ["/w/src/main.rs", "src/../words", "src/a.rs"].map(PathBuf::from);
        assert_eq!(built.named, named.into());
    }

    #[test]
    fn units_and_build_scripts_are_recorded() {
        let artifact = |fresh: bool| {
            format!(
                r#"{{"reason":"compiler-artifact",{PACKAGE},"target":{TARGET},"profile":{{"opt_level":"0","debuginfo":2,"debug_assertions":true,"overflow_checks":true,"test":false}},"features":[],"filenames":[],"executable":null,"fresh":{fresh}}}"#
            )
        };
        let script = r#"{"reason":"build-script-executed","package_id":"path+file:///w#0.1.0","linked_libs":[],"linked_paths":[],"cfgs":[],"env":[],"out_dir":"/w/target/debug/build/w-1/out"}"#;
        let built = built(&[&artifact(true), &artifact(false), script]);
        assert_eq!((built.units.len(), built.compiled), (2, 1));
        let output = PathBuf::from("/w/target/debug/build/w-1/output");
        assert_eq!(built.scripts[0].output, output);
    }
}
