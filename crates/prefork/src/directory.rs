//! The supervisor's runtime directory: private, locked while the supervisor lives, re-created when
//! it is deleted.
//!
//! Its name is random and of fixed length, so supervisors with equal process ids (containers)
//! cannot meet. A supervisor holds a lock on a file in it: only a directory whose lock is free is
//! stale.

mod lock;

use std::{
    collections::hash_map::RandomState,
    env,
    fmt::Write as _,
    fs,
    hash::{BuildHasher, Hasher},
    io,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::{
            fs::{DirBuilderExt, MetadataExt},
            net::UnixDatagram,
        },
    },
    path::{Path, PathBuf},
};

use lock::Lock;
use rustix::{
    fs::{Access, access},
    process::geteuid,
};

/// The name of the control socket in the directory.
pub(crate) const CONTROL: &str = "control";
const PREFIX: &str = "squall-";
/// Hexadecimal digits after the prefix.
const DIGITS: usize = 16;
/// Names to try. A second try is needed only when the first name is taken on purpose.
const ATTEMPTS: u32 = 16;
/// The shortest `sun_path` among the systems (macOS, FreeBSD), without its final NUL.
const PATH_LIMIT: usize = 103;

/// A directory of mode 0700, removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    lock: Lock,
}

/// The result of [`Directory::ensure`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Intact,
    /// It was gone, and is at its old path again.
    Restored,
    /// It was gone, and is in another parent now.
    Moved,
}

impl Directory {
    /// Makes it in the first of the candidate directories where that works.
    pub(crate) fn new() -> io::Result<Self> {
        let parents = parents();
        for parent in &parents {
            remove_stale(parent);
        }
        Self::make(&parents, &random_name())
    }

    /// Takes over a predecessor's, with its lock.
    pub(crate) fn resume(path: PathBuf, lock: OwnedFd) -> io::Result<Self> {
        Ok(Self {
            path,
            lock: Lock::resume(lock)?,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The lock's descriptor, for a successor.
    pub(crate) fn lock(&self) -> BorrowedFd<'_> {
        self.lock.as_fd()
    }

    /// Whether the directory is there and still this supervisor's.
    pub(crate) fn is_intact(&self) -> bool {
        is_ours(&self.path) && self.lock.is_at(&self.path)
    }

    /// Makes it again when it is gone: at its path, else in another parent under the same name.
    pub(crate) fn ensure(&mut self) -> io::Result<Found> {
        if self.is_intact() {
            return Ok(Found::Intact);
        }
        if let Ok(lock) = self.restore() {
            self.lock = lock;
            return Ok(Found::Restored);
        }
        let name = self.path.file_name().unwrap_or_default().to_owned();
        *self = Self::make(&parents(), &name.to_string_lossy())?;
        Ok(Found::Moved)
    }

    fn restore(&self) -> io::Result<Lock> {
        match make_private(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            // Only the lock was deleted.
            Err(error) if !is_ours(&self.path) => Err(error),
            _ => Lock::take(&self.path),
        }
    }

    fn make(parents: &[PathBuf], name: &str) -> io::Result<Self> {
        let mut reasons = String::new();
        let mut kind = io::ErrorKind::NotFound;
        for parent in parents {
            match make_in(parent, name) {
                Ok(made) => return Ok(made),
                Err(error) => {
                    kind = error.kind();
                    let _ = write!(reasons, "{}: {error}; ", parent.display());
                }
            }
        }
        Err(io::Error::new(
            kind,
            format!("{reasons}set TMPDIR to a directory that this user can write to"),
        ))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.is_intact() {
            remove_contents(&self.path);
        }
    }
}

/// The directories of this user's supervisors, dead ones included.
pub(crate) fn all() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = parents().iter().flat_map(|parent| all_in(parent)).collect();
    found.sort();
    found.dedup();
    found
}

/// Where a path in a supervisor's directory is now, if that had to move.
pub(crate) fn find_moved(path: &Path) -> Option<PathBuf> {
    let (file, directory) = (path.file_name()?, path.parent()?.file_name()?);
    if !is_name(directory.to_str()?) {
        return None;
    }
    let candidates = parents();
    let mut candidates = candidates.iter().map(|parent| parent.join(directory));
    candidates
        .find(|candidate| is_ours(candidate))
        .map(|found| found.join(file))
}

/// Directories to try: systemd's `RUNTIME_DIRECTORY`, `XDG_RUNTIME_DIR` if it is this user's (its
/// specification demands that), where temporary files go, and `/tmp` if that is of no use.
/// Directories that do not exist are left out. The paths are absolute, since workers may change
/// their directory.
fn parents() -> Vec<PathBuf> {
    let systemd = env::var_os("RUNTIME_DIRECTORY");
    let systemd = systemd.and_then(|paths| env::split_paths(&paths).next());
    let user = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let user = user.filter(|path| is_ours(path));
    let temporary = env::temp_dir();
    // Not always: `find` would show services that a private TMPDIR is to keep apart.
    let last = (!is_usable(&temporary)).then(|| PathBuf::from("/tmp"));
    let mut parents: Vec<PathBuf> = [systemd, user, Some(temporary), last]
        .into_iter()
        .flatten()
        .filter(|path| path.is_dir())
        .filter_map(|path| std::path::absolute(path).ok())
        .collect();
    let mut seen = Vec::new();
    parents.retain(|path| {
        let is_new = !seen.contains(path);
        seen.push(path.clone());
        is_new
    });
    parents
}

fn is_usable(parent: &Path) -> bool {
    let absolute = std::path::absolute(parent).is_ok_and(|path| is_short(&path));
    absolute && access(parent, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// Whether the sockets' paths are short enough: all of them have the same length.
fn is_short(parent: &Path) -> bool {
    let name = PREFIX.len() + DIGITS;
    parent.as_os_str().len() + 1 + name + 1 + notify_name(0).len() <= PATH_LIMIT
}

fn make_in(parent: &Path, name: &str) -> io::Result<Directory> {
    if !is_short(parent) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path is too long for a unix socket in it",
        ));
    }
    let mut path = parent.join(name);
    let mut attempt = 1;
    while let Err(error) = make_private(&path) {
        if error.kind() != io::ErrorKind::AlreadyExists || attempt == ATTEMPTS {
            return Err(error);
        }
        attempt += 1;
        path = parent.join(random_name());
    }
    let made = Lock::take(&path).and_then(|lock| {
        // Some file systems have no sockets.
        UnixDatagram::bind(path.join(notify_name(0)))?;
        fs::remove_file(path.join(notify_name(0)))?;
        Ok(lock)
    });
    match made {
        Ok(lock) => Ok(Directory { path, lock }),
        Err(error) => {
            remove_contents(&path);
            Err(error)
        }
    }
}

/// The name of a worker's socket in the directory, of fixed length.
pub(crate) fn notify_name(worker: u64) -> String {
    format!("notify-{worker:08x}")
}

fn make_private(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(path)
}

pub(crate) fn all_in(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_str().is_some_and(is_name))
        .map(|entry| entry.path())
        .filter(|path| is_ours(path))
        .collect()
}

/// Removes what supervisors left that were killed. One without a lock file may just be starting.
fn remove_stale(parent: &Path) {
    for path in all_in(parent) {
        if let Ok(Some(_lock)) = Lock::take_existing(&path) {
            tracing::debug!(path = %path.display(), "removing a dead supervisor's directory");
            remove_contents(&path);
        }
    }
}

/// Removes what a supervisor makes, and nothing else.
fn remove_contents(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_made = name.starts_with("notify-") || name.starts_with("state-");
        if is_made || name == CONTROL || name == lock::NAME {
            // The next start removes the rest.
            let _ = fs::remove_file(entry.path());
        }
    }
    let _ = fs::remove_dir(directory);
}

fn is_name(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|digits| {
        digits.len() == DIGITS && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

/// The keys of the standard library's hash maps come from the system's random numbers.
fn random_name() -> String {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    format!("{PREFIX}{:016x}", hasher.finish())
}

fn is_ours(path: &Path) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|found| found.is_dir() && found.uid() == geteuid().as_raw())
}

#[cfg(test)]
mod tests;
