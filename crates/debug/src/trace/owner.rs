//! Owner of a source file: the application or a library, by the path.

use std::path::{Path, PathBuf};

/// The owner of a source file.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Owner {
    Application,
    /// A library with this name.
    Library(String),
}

/// Returns the owner of a file, and its path for display: relative to the directory of a library
/// (the standard library, a registry or a git checkout), or to the directory of the application's
/// `Cargo.lock`.
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

/// Strips the version or the hash: `tokio-1.54.1` of a registry and `tokio-0f1e2d3c4b5a6978` of a
/// git checkout are `tokio`.
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

    use super::{Owner, owner};

    #[test]
    fn owner_detects_libraries_by_path() {
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
    fn application_paths_are_relative_to_cargo_lock() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("crates/a/src/main.rs");
        assert_eq!(owner(&file), (Owner::Application, file.clone()));
        fs::write(directory.path().join("Cargo.lock"), "").unwrap();
        let shown = Path::new("crates/a/src/main.rs").to_owned();
        assert_eq!(owner(&file), (Owner::Application, shown));
    }
}
