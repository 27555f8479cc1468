//! File signature: detects changes of a file from its metadata, without reading it.

use std::{
    fs::{File, Metadata},
    io,
    time::{Duration, SystemTime},
};

/// A file that was modified within this time may still be incomplete: a writer truncates it first,
/// and on a busy machine some time can pass before it writes the content.
const SETTLING: Duration = Duration::from_millis(500);

/// The timestamp granularity of file systems. Two versions written within it can have the same
/// signature.
const GRANULARITY: Duration = Duration::from_millis(20);

/// The metadata of a file at one point in time. Equal signatures mean equal content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) length: u64,
    pub(crate) modified: SystemTime,
    id: FileId,
}

impl Signature {
    pub(crate) fn of(file: &File) -> io::Result<Self> {
        Self::of_metadata(&file.metadata()?)
    }

    pub(super) fn of_metadata(metadata: &Metadata) -> io::Result<Self> {
        Ok(Self {
            length: metadata.len(),
            modified: metadata.modified()?,
            id: FileId::of(metadata),
        })
    }

    /// Whether an open file is unmodified. Its name may belong to another file by now.
    pub(crate) fn is_still_of(&self, file: &File) -> io::Result<bool> {
        let now = Self::of(file)?;
        Ok(self.length == now.length && self.modified == now.modified)
    }

    /// Whether it has the time of the last change, which cannot be set back. A directory without it
    /// can have other entries with the same signature.
    pub(crate) fn has_change_time(&self) -> bool {
        self.id.changed().is_some()
    }

    /// Whether the last write was long enough ago for the file to be complete.
    pub(crate) fn is_settled(&self) -> bool {
        self.is_older_than(SETTLING)
    }

    /// Whether a later version is certain to have another signature.
    pub(crate) fn is_unambiguous(&self) -> bool {
        self.is_older_than(GRANULARITY)
    }

    /// A time far in the future counts as old: waiting for it would take too long.
    fn is_older_than(&self, age: Duration) -> bool {
        let written = self.id.changed().unwrap_or(self.modified);
        match SystemTime::now().duration_since(written) {
            Ok(since) => since >= age,
            Err(ahead) => ahead.duration() > age,
        }
    }
}

/// The identity of a file and its `ctime`, which programs cannot set, unlike `mtime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg(unix)]
struct FileId {
    device: u64,
    inode: u64,
    changed: (i64, i64),
}

#[cfg(unix)]
impl FileId {
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    fn changed(&self) -> Option<SystemTime> {
        let seconds = u64::try_from(self.changed.0).ok()?;
        let nanoseconds = u32::try_from(self.changed.1).ok()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg(not(unix))]
struct FileId;

#[cfg(not(unix))]
impl FileId {
    fn of(_: &Metadata) -> Self {
        Self
    }

    fn changed(&self) -> Option<SystemTime> {
        None
    }
}
