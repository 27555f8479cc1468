//! Source files of a backtrace.

use std::{
    collections::HashMap,
    env, fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{failure::snippet::Excerpt, trace::place::Place};

/// Larger files are not written by hand, and are not read.
const MAX_SIZE: u64 = 1 << 20;

/// Reads the files of a backtrace, each once per page.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    files: HashMap<PathBuf, Option<SourceFile>>,
    built: Option<SystemTime>,
}

#[derive(Debug)]
struct SourceFile {
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

    /// Returns the lines around a place, and whether the file is newer than the program. The
    /// excerpt is empty if the file cannot be read.
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

/// Reads a regular file. A relative path depends on the working directory and may name another
/// file, so it is rejected.
fn read(path: &Path) -> Option<SourceFile> {
    let metadata = path.is_absolute().then(|| fs::metadata(path))?.ok()?;
    if !metadata.is_file() || metadata.len() >= MAX_SIZE {
        return None;
    }
    let bytes = fs::read(path).ok()?;
    Some(SourceFile {
        text: String::from_utf8_lossy(&bytes).into_owned(),
        changed: metadata.modified().ok(),
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{MAX_SIZE, Sources};
    use crate::trace::place::Place;

    #[test]
    fn relative_large_and_special_files_are_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("large"), vec![b'\n'; MAX_SIZE as usize]).unwrap();
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
    fn newer_files_are_detected() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("new.rs");
        fs::write(&file, "fn main() {}").unwrap();
        let place = Place {
            file,
            line: 1,
            column: 1,
        };
        assert!(Sources::new().around(&place).1);
        let place = Place {
            file: Path::new(env!("CARGO_MANIFEST_DIR")).join("src/trace/source.rs"),
            line: 1,
            column: 1,
        };
        assert!(!Sources::new().around(&place).1);
    }
}
