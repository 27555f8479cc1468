//! Source files, as far as the page may look at them.

use std::{
    collections::HashMap,
    env, fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{snippet::Excerpt, trace::Place};

/// What is longer was not written by hand.
const LARGEST: u64 = 1 << 20;

/// Reads the files that a backtrace names, each once for a page.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    files: HashMap<PathBuf, Option<File>>,
    built: Option<SystemTime>,
}

#[derive(Debug)]
struct File {
    text: String,
    changed: Option<SystemTime>,
}

impl Sources {
    pub(crate) fn new() -> Self {
        let program = env::current_exe().and_then(fs::metadata);
        Self {
            files: HashMap::new(),
            built: program.and_then(|program| program.modified()).ok(),
        }
    }

    /// The lines around a place, and whether the file is newer than the program. Without lines if
    /// there is nothing to read.
    pub(crate) fn around(&mut self, place: &Place) -> (Excerpt, bool) {
        let file = self.files.entry(place.file.clone());
        let file = file.or_insert_with(|| read(&place.file));
        match file {
            Some(file) => {
                let is_newer = file.changed.zip(self.built).is_some_and(|(a, b)| a > b);
                (Excerpt::around(&file.text, place.line), is_newer)
            }
            None => (Excerpt::default(), false),
        }
    }
}

/// Only regular files, named absolutely: a name that depends on where the program runs may be of another file.
fn read(path: &Path) -> Option<File> {
    let metadata = path.is_absolute().then(|| fs::metadata(path))?.ok()?;
    if !metadata.is_file() || metadata.len() >= LARGEST {
        return None;
    }
    let bytes = fs::read(path).ok()?;
    Some(File {
        text: String::from_utf8_lossy(&bytes).into_owned(),
        changed: metadata.modified().ok(),
    })
}

/// Whose a file is, and how it is called on the page.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Owner {
    Application,
    /// With its name.
    Library(String),
}

/// Files of the standard library, of registries and of git checkouts are a library's. They are named by what follows
/// these; all else is the application's, and named from the directory of its `Cargo.lock`.
pub(crate) fn owner(path: &Path) -> (Owner, PathBuf) {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    let library = (0..parts.len()).find_map(|start| {
        let skip = match &parts[start..] {
            // /rustc/<commit>/library/core/src/…, or the same below a toolchain.
            [rustc, _, library, _, ..] if rustc == "rustc" && library == "library" => 3,
            [rust, library, _, ..] if rust == "rust" && library == "library" => 2,
            // …/registry/src/<registry>/<crate>-<version>/src/…
            [registry, src, _, _, ..] if registry == "registry" && src == "src" => 3,
            // …/git/checkouts/<repository>/<commit>/src/…
            [git, checkouts, _, _, ..] if git == "git" && checkouts == "checkouts" => 2,
            _ => return None,
        };
        Some(start + skip)
    });
    match library {
        Some(start) => {
            let shown = path.iter().skip(start).collect();
            (
                Owner::Library(library_name(&parts[start]).to_owned()),
                shown,
            )
        }
        None => {
            let root = path
                .ancestors()
                .skip(1)
                .find(|dir| dir.join("Cargo.lock").is_file());
            let shown = root.and_then(|root| path.strip_prefix(root).ok());
            (Owner::Application, shown.unwrap_or(path).to_owned())
        }
    }
}

/// `tokio-1.54.1` of a registry and `tokio-0f1e2d3c4b5a6978` of a git checkout are `tokio`.
fn library_name(directory: &str) -> &str {
    let is_end = |end: &str| {
        let is_hash = end.len() == 16 && end.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash || end.starts_with(|c: char| c.is_ascii_digit())
    };
    let mut ends = directory.match_indices('-');
    let end = ends.find(|(at, _)| is_end(&directory[at + 1..]));
    end.map_or(directory, |(at, _)| &directory[..at])
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{LARGEST, Owner, Sources, owner};
    use crate::trace::Place;

    #[test]
    fn owners() {
        for (path, library, shown) in [
            (
                "/u/.cargo/registry/src/index-1949/serde_json-1.0.154/src/de.rs",
                "serde_json",
                "serde_json-1.0.154/src/de.rs",
            ),
            (
                "/u/.cargo/git/checkouts/tokio-0f1e2d3c4b5a6978/0a1b2c3/tokio/src/lib.rs",
                "tokio",
                "tokio-0f1e2d3c4b5a6978/0a1b2c3/tokio/src/lib.rs",
            ),
            (
                "/rustc/59807616e1fa/library/core/src/ops/function.rs",
                "core",
                "core/src/ops/function.rs",
            ),
            (
                "/t/stable/lib/rustlib/src/rust/library/std/src/panic.rs",
                "std",
                "std/src/panic.rs",
            ),
        ] {
            let (owner, named) = owner(Path::new(path));
            let library = library.to_owned();
            assert_eq!(owner, Owner::Library(library), "{path}");
            assert_eq!(named, Path::new(shown));
        }
    }

    #[test]
    fn the_applications_files_are_named_from_its_lock_file() {
        let directory = testkit::temp_dir();
        let file = directory.path().join("crates/a/src/main.rs");
        assert_eq!(owner(&file), (Owner::Application, file.clone()));
        fs::write(directory.path().join("Cargo.lock"), "").unwrap();
        let shown = Path::new("crates/a/src/main.rs").to_owned();
        assert_eq!(owner(&file), (Owner::Application, shown));
    }

    #[test]
    fn what_is_not_read() {
        let directory = testkit::temp_dir();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("large"), vec![b'\n'; LARGEST as usize]).unwrap();
        fs::write(path("small"), "fn main() {}").unwrap();
        for (file, is_read) in [
            (path("small"), true),
            (path("large"), false),
            (path("missing"), false),
            (path("."), false),
            ("/dev/zero".into(), false),
            ("Cargo.toml".into(), false),
        ] {
            let place = Place {
                file,
                line: 1,
                column: 1,
            };
            let (excerpt, _) = Sources::new().around(&place);
            assert_eq!(!excerpt.lines.is_empty(), is_read, "{place:?}");
        }
    }

    #[test]
    fn a_file_that_is_newer_than_the_program() {
        let directory = testkit::temp_dir();
        let file = directory.path().join("new.rs");
        fs::write(&file, "fn main() {}").unwrap();
        let place = Place {
            file,
            line: 1,
            column: 1,
        };
        assert!(Sources::new().around(&place).1);
        let place = Place {
            file: Path::new(env!("CARGO_MANIFEST_DIR")).join("src/source.rs"),
            line: 1,
            column: 1,
        };
        assert!(!Sources::new().around(&place).1);
    }
}
