//! `squall new`: makes the package of a new site.

mod files;
mod name;

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;

use crate::{print, print_error};
use files::{File, MINIMAL, SITE};

/// Make a new site: a package that runs, with pages, a form, tests and files for a server.
///
/// The directory's name is the package's name, so it consists of letters, digits, `-` and `_`.
#[derive(Args)]
pub(crate) struct New {
    /// Directory of the new package.
    #[arg(value_name = "NAME")]
    path: PathBuf,
    /// Only the manifest and a program of ten lines.
    #[arg(long)]
    minimal: bool,
    /// Depend on this checkout of squall, with the exact versions of its Cargo.lock.
    #[arg(long, value_name = "DIR")]
    squall: Option<PathBuf>,
}

pub(crate) fn run(arguments: &New) -> ExitCode {
    match create(arguments) {
        Ok(()) => print::output(&next_steps(arguments)),
        Err(error) => {
            print_error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn next_steps(New { path, .. }: &New) -> String {
    format!(
        "created {path}; next:\n\n    cd {path}\n    cargo run\n\nthen open http://127.0.0.1:8888/",
        path = path.display()
    )
}

/// The directory appears at its path when it is complete.
fn create(arguments: &New) -> Result<(), NewError> {
    let path = &arguments.path;
    let name = name::of(path)?;
    if path.symlink_metadata().is_ok() {
        return Err(NewError::Exists(path.clone()));
    }
    let squall = Squall::find(arguments.squall.as_deref())?;
    let files = if arguments.minimal { MINIMAL } else { SITE };
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let draft = draft(parent).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            NewError::NoParent(path.clone(), parent.to_owned())
        }
        // The error has the path of the hidden directory, which a user has not named.
        _ => NewError::Unwritable(path.clone(), plain(error)),
    })?;
    write(files, draft.path(), name, &squall)
        .and_then(|()| fs::rename(draft.path(), path))
        .map_err(|error| NewError::Unwritable(path.clone(), error))?;
    // It has its place; there is nothing to delete.
    let _ = draft.keep();
    Ok(())
}

/// Returns the kind of an error alone, if it has a kind.
fn plain(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::Other => error,
        kind => kind.into(),
    }
}

/// A hidden directory beside the final one, which is deleted unless it is kept.
fn draft(parent: &Path) -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As `mkdir`: the umask decides.
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder.prefix(".squall-new-").tempdir_in(parent)
}

fn write(files: &[File], directory: &Path, name: &str, squall: &Squall) -> io::Result<()> {
    for file in files {
        let path = directory.join(file.path.replace("site-name", name));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let text = file.text.replace("site-name", name);
        fs::write(path, text.replace("squall-source", &squall.source))?;
    }
    match &squall.lock {
        Some(lock) => fs::copy(lock, directory.join("Cargo.lock")).map(drop),
        None => Ok(()),
    }
}

/// The dependency on squall.
struct Squall {
    /// The keys of the dependency in the manifest.
    source: String,
    /// The lock file with the versions that squall is tested with.
    lock: Option<PathBuf>,
}

impl Squall {
    fn find(checkout: Option<&Path>) -> Result<Self, NewError> {
        let Some(checkout) = checkout else {
            let version = env!("CARGO_PKG_VERSION");
            return Ok(Self {
                source: format!("version = \"{version}\""),
                lock: None,
            });
        };
        let package = checkout.join("crates/squall");
        let lock = checkout.join("Cargo.lock");
        if !package.join("Cargo.toml").is_file() || !lock.is_file() {
            return Err(NewError::NoCheckout(checkout.to_owned()));
        }
        let package = fs::canonicalize(package)
            .map_err(|error| NewError::Unreadable(checkout.to_owned(), error))?;
        let text = package
            .to_str()
            .filter(|text| !text.contains(char::is_control));
        match text {
            // A literal string of TOML has no escapes, and no apostrophe.
            Some(text) if !text.contains('\'') => Ok(Self {
                source: format!("path = '{text}'"),
                lock: Some(lock),
            }),
            _ => Err(NewError::UnnameablePath(package)),
        }
    }
}

/// The reason why there is no new site.
#[derive(Debug)]
enum NewError {
    Name(name::NameError),
    Exists(PathBuf),
    NoCheckout(PathBuf),
    Unreadable(PathBuf, io::Error),
    UnnameablePath(PathBuf),
    NoParent(PathBuf, PathBuf),
    Unwritable(PathBuf, io::Error),
}

impl From<name::NameError> for NewError {
    fn from(error: name::NameError) -> Self {
        Self::Name(error)
    }
}

impl fmt::Display for NewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Exists(path) => write!(
                f,
                "destination `{}` already exists; choose another name",
                path.display()
            ),
            Self::NoCheckout(path) => write!(
                f,
                "--squall `{}` is no checkout of squall: it has no crates/squall/Cargo.toml or no Cargo.lock",
                path.display()
            ),
            Self::Unreadable(path, error) => {
                write!(f, "cannot read --squall `{}`: {error}", path.display())
            }
            Self::UnnameablePath(path) => write!(
                f,
                "--squall `{}`: a manifest cannot have a path with an apostrophe, a control character, or without UTF-8",
                path.display()
            ),
            Self::NoParent(path, parent) => write!(
                f,
                "cannot create `{}`: there is no directory `{}`; create it first",
                path.display(),
                parent.display()
            ),
            Self::Unwritable(path, error) => {
                write!(f, "cannot create `{}`: {error}", path.display())?;
                match error.kind() {
                    io::ErrorKind::PermissionDenied => {
                        f.write_str("; choose a directory that you can write to")
                    }
                    _ => Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_is_replaced() {
        for files in [SITE, MINIMAL] {
            let directory = tempfile::tempdir().expect("a temporary directory");
            let squall = Squall::find(None).expect("a version");
            write(files, directory.path(), "books", &squall).expect("there is room");
            for file in files {
                let path = directory
                    .path()
                    .join(file.path.replace("site-name", "books"));
                let text = fs::read_to_string(path).expect("it was written");
                assert!(!text.contains("site-name"), "{}", file.path);
                assert!(!text.contains("squall-source"), "{}", file.path);
            }
        }
    }
}
