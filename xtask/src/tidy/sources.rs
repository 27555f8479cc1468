//! Checks of Rust sources.

use std::collections::BTreeSet;

use crate::outside;
use crate::repository::File;

/// The files that may speak hyper's language: those whose path begins so. A WebSocket begins with `hyper::upgrade`.
const HYPER: [&str; 2] = ["crates/server/src/", "crates/websocket/src/upgrade.rs"];

/// Lines before the tests, after which a file holds more than one concern.
const LONG: usize = 400;

/// The files that may be longer, each with its reason.
const LONGER: &[(&str, &str)] = &[];

pub(super) fn each_file_says_its_purpose(files: &[File]) -> Vec<String> {
    files
        .iter()
        .filter(|file| file.is_source() && !file.text.starts_with("//! "))
        .map(|file| {
            format!(
                "{}: the first line is to say the purpose, after `//! `",
                file.path
            )
        })
        .collect()
}

pub(super) fn no_file_is_too_long(files: &[File]) -> Vec<String> {
    let excused = |file: &File| LONGER.iter().any(|(path, _)| *path == file.path);
    files
        .iter()
        .filter(|file| file.is_source() && !excused(file))
        // Tests that have outgrown their code are a file of their own.
        .filter(|file| !file.path.ends_with("/tests.rs"))
        .map(|file| (file, file.code().lines().count()))
        .filter(|(_, lines)| *lines > LONG)
        .map(|(file, lines)| {
            format!(
                "{}: {lines} lines before the tests, {LONG} at most",
                file.path
            )
        })
        .collect()
}

pub(super) fn hyper_stays_behind_its_door(files: &[File]) -> Vec<String> {
    files
        .iter()
        .filter(|file| file.is_source() && file.folder().is_some())
        .filter(|file| !HYPER.iter().any(|path| file.path.starts_with(path)))
        .flat_map(|file| file.lines().map(move |line| (file, line)))
        .filter(|(_, (_, line))| !line.trim_start().starts_with("//") && line.contains("hyper::"))
        .map(|(file, (number, _))| {
            format!(
                "{}:{number}: only {} speaks of hyper",
                file.path,
                HYPER.join(" and ")
            )
        })
        .collect()
}

/// Both ways: a test can only run where its program can be installed, and a program that no
/// test asks for need not be installed.
pub(super) fn each_outside_program_can_be_had(files: &[File]) -> Vec<String> {
    let asked: BTreeSet<&str> = files
        .iter()
        .filter(|file| file.path.ends_with(".rs"))
        // These are what looks for programs; the others ask.
        .filter(|file| file.path != "crates/testkit/src/outside.rs")
        .filter(|file| !file.path.starts_with("xtask/"))
        .flat_map(|file| programs_asked_for(&file.text))
        .collect();
    let known: BTreeSet<&str> = outside::programs().map(|program| program.name).collect();
    asked
        .symmetric_difference(&known)
        .map(|name| {
            if known.contains(name) {
                format!("xtask/src/outside has {name}, which no test needs")
            } else {
                format!("a test needs {name}, for which xtask/src/outside has no line")
            }
        })
        .collect()
}

fn programs_asked_for(text: &str) -> impl Iterator<Item = &str> {
    text.split("outside(\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0))
}

#[cfg(test)]
mod tests {
    use super::super::tests::repository;
    use super::*;

    #[test]
    fn purpose() {
        let files = repository(&[
            ("crates/a/src/lib.rs", "//! Says it.\n"),
            ("crates/a/src/b.rs", "// Says it too low.\n"),
            ("crates/a/tests/it/main.rs", "mod b;\n"),
        ]);
        assert_eq!(
            each_file_says_its_purpose(&files),
            ["crates/a/src/b.rs: the first line is to say the purpose, after `//! `"]
        );
    }

    #[test]
    fn length() {
        let tests = format!(
            "{}#[cfg(test)]\nmod tests {{\n{}}}\n",
            "\n".repeat(LONG),
            "\n".repeat(50)
        );
        let files = repository(&[
            ("crates/a/src/short.rs", &tests),
            ("crates/a/src/long.rs", &"\n".repeat(LONG + 1)),
        ]);
        assert_eq!(
            no_file_is_too_long(&files),
            ["crates/a/src/long.rs: 401 lines before the tests, 400 at most"]
        );
    }

    #[test]
    fn hyper() {
        let files = repository(&[
            (
                "crates/server/src/connection/mod.rs",
                "use hyper::body::Incoming;\n",
            ),
            (
                "crates/server/tests/it/main.rs",
                "use hyper::body::Incoming;\n",
            ),
            (
                "crates/squall/src/lib.rs",
                "// Not hyper::rt.\nuse hyper::body::Incoming;\n",
            ),
        ]);
        assert_eq!(
            hyper_stays_behind_its_door(&files),
            [format!(
                "crates/squall/src/lib.rs:2: only {} speaks of hyper",
                HYPER.join(" and ")
            )]
        );
    }

    #[test]
    fn outside_programs() {
        let text = "testkit::outside(\"a\")\n, outside(\"b-c\")";
        assert_eq!(programs_asked_for(text).collect::<Vec<_>>(), ["a", "b-c"]);
    }
}
