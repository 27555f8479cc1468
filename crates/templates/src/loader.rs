//! Finds the file of a template: the only place of this crate that reads files.

use std::{
    fs,
    io::{self, Read},
    path::{Component, Path, PathBuf},
    time::SystemTime,
};

use minijinja::{Error, ErrorKind, TemplateSource};

/// Returns the source of a template, which detects a change of its file. `None` if there is no such
/// template.
pub(crate) fn load(folder: &Path, name: &str) -> Result<Option<TemplateSource>, Error> {
    let Some(path) = path(folder, name) else {
        return Ok(None);
    };
    // Before the file is read, so that a change meanwhile is seen later.
    let stamp = stamp(&path);
    match read(folder, &path) {
        Ok(source) => Ok(source.map(|source| {
            TemplateSource::new(source)
                .with_uptodate_check(move || stamp.is_some() && self::stamp(&path) == stamp)
        })),
        Err(error) => {
            let message = format!("cannot read template {name:?}: {error}");
            Err(Error::new(ErrorKind::InvalidOperation, message).with_source(error))
        }
    }
}

/// Returns the names of all templates, sorted. Hidden files, backups of editors and binary files
/// are no templates; linked folders are not searched.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, (PathBuf, io::Error)> {
    let mut names = Vec::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = folders.pop() {
        let entries = fs::read_dir(&path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        for entry in entries.map_err(|error| (path, error))? {
            let Some(name) = entry
                .file_name()
                .to_str()
                .map(|name| format!("{prefix}{name}"))
            else {
                continue;
            };
            if self::path(folder, &name).is_none() {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push((entry.path(), name + "/")),
                _ if entry.path().is_dir() || is_backup(&name) => {}
                _ if is_binary(&entry.path()) => {}
                _ => names.push(name),
            }
        }
    }
    names.sort();
    Ok(names)
}

/// Whether the name is one that an editor, `patch` or a merge tool gives to a copy.
fn is_backup(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    ["~", ".bak", ".orig", ".rej", ".swp", ".tmp"]
        .iter()
        .any(|end| file.ends_with(end))
        || (file.starts_with('#') && file.ends_with('#'))
}

/// Whether a file is binary by git's rule, a NUL in its first 8,000 bytes: a picture beside the
/// templates, say. Text in another encoding than UTF-8 is not; it is reported as an error.
fn is_binary(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(8000).read_to_end(&mut start));
    read.is_ok() && start.contains(&0)
}

/// Where the template of this name is, if it can be in the folder at all.
fn path(folder: &Path, name: &str) -> Option<PathBuf> {
    let is_name = |part: &str| {
        let mut components = Path::new(part).components();
        let is_one =
            matches!(components.next(), Some(Component::Normal(_))) && components.next().is_none();
        is_one && !part.starts_with('.') && !part.contains('\\')
    };
    name.split('/').all(is_name).then(|| folder.join(name))
}

fn read(folder: &Path, path: &Path) -> io::Result<Option<String>> {
    let target = match path.canonicalize() {
        Ok(target) => target,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    // The folder itself may be a link, and a deploy may turn it to the next release.
    if !target.starts_with(folder.canonicalize()?) {
        return Err(io::Error::other(
            "it is a link that leads out of the folder",
        ));
    }
    fs::read_to_string(target).map(Some)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
