//! What tells that a file is still the one that was read, without reading it again.

use std::{
    fs::{File, Metadata},
    io,
    time::{Duration, SystemTime},
};

/// A file that was written less than this ago may still be being written: who writes in place
/// truncates first, and a busy machine may let some time pass before the rest.
const SETTLING: Duration = Duration::from_millis(500);

/// The clock of a file system moves in steps of some milliseconds. Two versions of one step have
/// the same signature.
const STEP: Duration = Duration::from_millis(20);

/// Of one file at one time. Two that are equal are of the same content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) length: u64,
    pub(crate) modified: SystemTime,
    node: Node,
}

impl Signature {
    pub(crate) fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self {
            length: metadata.len(),
            modified: metadata.modified()?,
            node: Node::of(&metadata),
        })
    }

    /// Whether nobody has written to an open file since. Its name may have gone to another one.
    pub(crate) fn is_still_of(&self, file: &File) -> io::Result<bool> {
        let now = Self::of(file)?;
        Ok(self.length == now.length && self.modified == now.modified)
    }

    /// Whether nobody has written for a while.
    pub(crate) fn is_settled(&self) -> bool {
        self.is_older_than(SETTLING)
    }

    /// Whether another version would have another signature.
    pub(crate) fn is_sole(&self) -> bool {
        self.is_older_than(STEP)
    }

    /// A time in the future is no reason to wait for it.
    fn is_older_than(&self, age: Duration) -> bool {
        let written = self.node.changed().unwrap_or(self.modified);
        match SystemTime::now().duration_since(written) {
            Ok(since) => since >= age,
            Err(ahead) => ahead.duration() > age,
        }
    }
}

/// Which file it is, and when anything about it changed: programs can set the time of
/// modification, but not that of the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg(unix)]
struct Node {
    device: u64,
    inode: u64,
    changed: (i64, i64),
}

#[cfg(unix)]
impl Node {
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
struct Node;

#[cfg(not(unix))]
impl Node {
    fn of(_: &Metadata) -> Self {
        Self
    }

    fn changed(&self) -> Option<SystemTime> {
        None
    }
}
