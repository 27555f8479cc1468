//! The supervisor's own directory, for its sockets: nobody else gets in.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Names to try. Another user may have taken the first in a directory that is everybody's.
const ATTEMPTS: u32 = 16;

/// A directory of mode 0700, removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    /// Makes it in the first of the `parents`.
    pub(crate) fn new() -> io::Result<Self> {
        let parent = parents().into_iter().next().unwrap_or_else(env::temp_dir);
        make_in(&parent, std::process::id())
            .map(Self)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", parent.display())))
    }

    /// Takes over a predecessor's.
    pub(crate) fn resume(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What is left makes way for the next start.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The directories of this user's supervisors, dead ones included.
pub(crate) fn all() -> Vec<PathBuf> {
    let entries = parents()
        .into_iter()
        .filter_map(|parent| fs::read_dir(parent).ok())
        .flatten();
    let named = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with("squall-") && is_ours(path)
    };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(named)
        .collect();
    found.sort();
    found.dedup();
    found
}

/// systemd's `RUNTIME_DIRECTORY`, `XDG_RUNTIME_DIR`, and where temporary files go; as far as they exist.
fn parents() -> Vec<PathBuf> {
    let systemd = env::var_os("RUNTIME_DIRECTORY");
    let systemd = systemd.and_then(|paths| env::split_paths(&paths).next());
    let user = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let parents = [systemd, user, Some(env::temp_dir())];
    parents
        .into_iter()
        .flatten()
        .filter(|path| path.is_dir())
        .collect()
}

fn make_in(parent: &Path, pid: u32) -> io::Result<PathBuf> {
    let first = parent.join(format!("squall-{pid}"));
    if is_ours(&first) {
        // Left by a process that was killed and had our id.
        fs::remove_dir_all(&first)?;
    }
    let others = (1..ATTEMPTS).map(|n| parent.join(format!("squall-{pid}-{n}")));
    let mut result = Err(io::ErrorKind::AlreadyExists.into());
    for path in std::iter::once(first).chain(others) {
        result = fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map(|()| path);
        let taken = result
            .as_ref()
            .is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists);
        if !taken {
            break;
        }
    }
    result
}

fn is_ours(path: &Path) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|found| found.is_dir() && found.uid() == rustix::process::geteuid().as_raw())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_private_directory_whatever_lies_there() {
        let parent = testkit::temp_dir();
        let made = make_in(parent.path(), 1).unwrap();
        assert_eq!(
            fs::metadata(&made).unwrap().permissions().mode() & 0o777,
            0o700
        );
        fs::write(made.join("stale"), "").unwrap();
        assert_eq!(make_in(parent.path(), 1).unwrap(), made);
        assert_eq!(fs::read_dir(&made).unwrap().count(), 0);

        let elsewhere = testkit::temp_dir();
        symlink(elsewhere.path(), parent.path().join("squall-2")).unwrap();
        assert_eq!(
            make_in(parent.path(), 2).unwrap(),
            parent.path().join("squall-2-1")
        );
        fs::write(parent.path().join("squall-3"), "").unwrap();
        assert_eq!(
            make_in(parent.path(), 3).unwrap(),
            parent.path().join("squall-3-1")
        );
        assert!(make_in(&parent.path().join("missing"), 4).is_err());
    }
}
