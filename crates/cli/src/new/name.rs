//! The name of a new package: cargo's rules, checked before anything is written.

use std::{fmt, path::Path};

/// Rust's keywords, which no crate can have as its name.
const KEYWORDS: &[&str] = &[
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Names of directories in `target`, of Rust's own crates, and of the site's dependencies.
const TAKEN: &[&str] = &[
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "proc-macro",
    "proc_macro",
    "serde",
    "squall",
    "std",
    "test",
    "tokio",
];

/// The longest name that crates.io takes.
const LONGEST: usize = 64;

/// A name that no package can have.
#[derive(Debug, PartialEq)]
pub(super) struct NameError {
    name: String,
    fault: Fault,
}

#[derive(Debug, PartialEq)]
enum Fault {
    NoName,
    Character(char),
    Start(char),
    Keyword,
    Taken,
    Long,
}

/// Returns the name of the package in a directory.
pub(super) fn of(path: &Path) -> Result<&str, NameError> {
    let no_name = || NameError {
        name: path.display().to_string(),
        fault: Fault::NoName,
    };
    let name = path.file_name().ok_or_else(no_name)?;
    let name = name.to_str().ok_or_else(no_name)?;
    match fault(name) {
        None => Ok(name),
        Some(fault) => Err(NameError {
            name: name.to_owned(),
            fault,
        }),
    }
}

fn fault(name: &str) -> Option<Fault> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if let Some(c) = name.chars().find(|&c| !is_allowed(c)) {
        return Some(Fault::Character(c));
    }
    // `_` alone is a pattern, and a crate's name.
    let first = name.chars().next().filter(|c| !c.is_ascii_alphabetic());
    if let Some(c) = first {
        return Some(Fault::Start(c));
    }
    if KEYWORDS.contains(&name) {
        return Some(Fault::Keyword);
    }
    if TAKEN.contains(&name) {
        return Some(Fault::Taken);
    }
    (name.len() > LONGEST).then_some(Fault::Long)
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, fault } = self;
        write!(f, "invalid package name `{}`: ", name.escape_debug())?;
        match fault {
            Fault::NoName => {
                f.write_str("the path does not end with a name; give that of a new directory")
            }
            Fault::Character(c) => write!(
                f,
                "`{}` is not allowed; take letters from a to z, digits, `-` and `_`",
                c.escape_debug()
            ),
            Fault::Start(c) => write!(f, "it starts with `{c}`, and not with a letter"),
            Fault::Keyword => f.write_str("it is a keyword of Rust; choose another name"),
            Fault::Taken => f.write_str(
                "it is taken, by cargo, by Rust or by a dependency of the site; choose another name",
            ),
            Fault::Long => write!(f, "it is longer than {LONGEST} characters"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (path, wanted) in [
            ("site", Ok("site")),
            ("my-site_2", Ok("my-site_2")),
            ("some/where/site", Ok("site")),
            ("../site/", Ok("site")),
            ("", Err(Fault::NoName)),
            ("/", Err(Fault::NoName)),
            ("..", Err(Fault::NoName)),
            ("my site", Err(Fault::Character(' '))),
            ("bücher", Err(Fault::Character('ü'))),
            ("a.b", Err(Fault::Character('.'))),
            ("a\n", Err(Fault::Character('\n'))),
            ("2048", Err(Fault::Start('2'))),
            ("_", Err(Fault::Start('_'))),
            ("-site", Err(Fault::Start('-'))),
            ("fn", Err(Fault::Keyword)),
            ("async", Err(Fault::Keyword)),
            ("squall", Err(Fault::Taken)),
            ("deps", Err(Fault::Taken)),
            ("test", Err(Fault::Taken)),
            (&"a".repeat(64), Ok(&*"a".repeat(64))),
            (&"a".repeat(65), Err(Fault::Long)),
        ] {
            let found = of(Path::new(path)).map_err(|error| error.fault);
            assert_eq!(found, wanted, "{path:?}");
        }
    }
}
