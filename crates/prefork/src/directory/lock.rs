//! The lock of a living supervisor's directory: `flock(2)`, which ends with its holder's last
//! descriptor, however the process ends, in any pid namespace.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::fs::{MetadataExt, OpenOptionsExt},
    },
    path::Path,
};

use rustix::fs::{FlockOperation, flock};

pub(super) const NAME: &str = "lock";

#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    /// Device and inode.
    identity: (u64, u64),
}

impl Lock {
    /// Takes the lock of a directory that was just made. It fails when another process holds it.
    pub(super) fn take(directory: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(directory.join(NAME))?;
        Self::of(file)
    }

    /// Takes the lock of a directory whose supervisor is gone. `None` when there is no lock file.
    pub(super) fn take_existing(directory: &Path) -> io::Result<Option<Self>> {
        let path = directory.join(NAME);
        if !fs::symlink_metadata(&path).is_ok_and(|found| found.is_file()) {
            return Ok(None);
        }
        let lock = Self::of(File::open(path)?)?;
        // It may have been replaced between the two calls.
        Ok(Some(lock).filter(|lock| lock.is_at(directory)))
    }

    pub(super) fn resume(descriptor: OwnedFd) -> io::Result<Self> {
        Self::of(descriptor.into())
    }

    /// Whether the lock file in `directory` is the one that is held.
    pub(super) fn is_at(&self, directory: &Path) -> bool {
        fs::symlink_metadata(directory.join(NAME))
            .is_ok_and(|found| (found.dev(), found.ino()) == self.identity)
    }

    fn of(file: File) -> io::Result<Self> {
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        let found = file.metadata()?;
        Ok(Self {
            file,
            identity: (found.dev(), found.ino()),
        })
    }
}

impl AsFd for Lock {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
