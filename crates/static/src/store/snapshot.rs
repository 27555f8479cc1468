//! The root directory, and what was found out about names in it, for as long as an entry is fresh.

use std::{
    collections::{HashMap, HashSet},
    io,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    request::accept_encoding::Codings,
    system::{IoMode, Opened, Root, Symlinks},
};

/// The number of missing names, and of directories, that are kept.
const NAMES: usize = 4096;

/// The longest name that is kept, in bytes.
const NAME: usize = 256;

/// The open root, so that a lookup does not open it again, names that were not found below it, and
/// which precompressed siblings its directories can have.
///
/// All end with the snapshot, so a new file, and a root that a deploy has replaced, are found as
/// soon as a cached file is revalidated.
#[derive(Debug)]
pub(crate) struct Snapshot {
    root: Root,
    pub(super) opened: Duration,
    missing: Mutex<HashSet<Box<str>>>,
    codings: Mutex<HashMap<Box<str>, Codings>>,
}

impl Snapshot {
    pub(super) fn open(root: &Path, now: Duration) -> io::Result<Self> {
        Ok(Self {
            root: Root::open(root)?,
            opened: now,
            missing: Mutex::default(),
            codings: Mutex::default(),
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

    /// Returns the codings of precompressed siblings that a directory can have, if they are known.
    pub(super) fn codings(&self, directory: &str) -> Option<Codings> {
        let codings = self.codings.lock().unwrap_or_else(PoisonError::into_inner);
        codings.get(directory).copied()
    }

    pub(super) fn set_codings(&self, directory: &str, of: Codings) {
        let mut codings = self.codings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = codings.get_mut(directory) {
            *known = of;
        } else if codings.len() < NAMES && directory.len() <= NAME {
            codings.insert(directory.into(), of);
        }
    }
}
