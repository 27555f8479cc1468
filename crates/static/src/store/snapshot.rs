//! The root directory and the names that are missing in it, for as long as an entry is fresh.

use std::{
    collections::HashSet,
    io,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::system::{IoMode, Opened, Root, Symlinks};

/// The number of missing names that are kept.
const NAMES: usize = 4096;

/// The longest missing name that is kept, in bytes.
const NAME: usize = 256;

/// The open root, so that a lookup does not open it again, and names that were not found below it.
///
/// Both end with the snapshot, so a new file, and a root that a deploy has replaced, are found as
/// soon as a cached file is revalidated.
#[derive(Debug)]
pub(crate) struct Snapshot {
    root: Root,
    pub(super) opened: Duration,
    missing: Mutex<HashSet<Box<str>>>,
}

impl Snapshot {
    pub(super) fn open(root: &Path, now: Duration) -> io::Result<Self> {
        Ok(Self {
            root: Root::open(root)?,
            opened: now,
            missing: Mutex::default(),
        })
    }

    /// Opens a path below the root, as [`Root::find`] does.
    pub(super) fn find(&self, name: &str, symlinks: Symlinks, mode: IoMode) -> io::Result<Opened> {
        let missing = || self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        if missing().contains(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let found = self.root.find(name, symlinks, mode);
        if let Err(error) = &found
            && error.kind() == io::ErrorKind::NotFound
            && name.len() <= NAME
        {
            let mut missing = missing();
            if missing.len() < NAMES {
                missing.insert(name.into());
            }
        }
        found
    }
}
