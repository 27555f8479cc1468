//! The file of a unix socket: removed by the process that made it, and by no other.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The file of a unix socket that this process made. It is removed when the last clone is dropped,
/// unless another process has bound the path since.
///
/// With the feature `serde`, a process can pass it on to the program that it executes.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "Made", into = "Made"))]
pub struct SocketFile {
    made: Arc<Guard>,
}

#[derive(Debug)]
struct Guard(Made);

/// The file's identity. A file system gives the number of a removed file to the next one, hence
/// the time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Made {
    path: PathBuf,
    device: u64,
    inode: u64,
    modified: (i64, i64),
}

impl Made {
    fn find(path: &Path) -> io::Result<Self> {
        let metadata = fs::symlink_metadata(path)?;
        Ok(Self {
            // The process may change its directory.
            path: std::path::absolute(path)?,
            device: metadata.dev(),
            inode: metadata.ino(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }
}

impl SocketFile {
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        Made::find(path).map(Self::from)
    }

    /// Returns its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.made.0.path
    }
}

impl From<Made> for SocketFile {
    fn from(made: Made) -> Self {
        let made = Arc::new(Guard(made));
        Self { made }
    }
}

#[cfg(feature = "serde")]
impl From<SocketFile> for Made {
    fn from(file: SocketFile) -> Self {
        file.made.0.clone()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if Made::find(&self.0.path).is_ok_and(|found| found == self.0) {
            // A file that stays is stale, and replaced by the next start.
            let _ = fs::remove_file(&self.0.path);
        }
    }
}
