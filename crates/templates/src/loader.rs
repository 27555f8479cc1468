//! Finds the file of a template: the only place of this crate that reads files.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
    time::SystemTime,
};

use minijinja::{Error, ErrorKind, TemplateSource};

/// The source of a template, which knows whether its file has changed since. `None` if there is none of this name.
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

/// The names of all templates, sorted. Names with a leading dot are none, and linked folders are not looked into.
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
                _ if entry.path().is_dir() => {}
                _ => names.push(name),
            }
        }
    }
    names.sort();
    Ok(names)
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
