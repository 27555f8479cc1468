//! Operating system abstraction: confined opens, non-blocking reads and a clock.

mod canonical;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;
pub(crate) mod signature;

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    ops::{ControlFlow, Range},
    path::{Path, PathBuf},
    time::Duration,
};

#[cfg(target_os = "linux")]
use linux as imp;
#[cfg(not(target_os = "linux"))]
use other as imp;

use self::signature::Signature;

/// Whether a server can have the kernel send files: `squall-server` does so on Linux.
pub(crate) const CAN_SEND_FILES: bool = cfg!(target_os = "linux");

/// Whether a call may wait for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IoMode {
    /// On the event loop: returns [`WouldBlock`](io::ErrorKind::WouldBlock) instead of waiting.
    Inline,
    /// On a thread of the blocking pool.
    Blocking,
}

/// The treatment of symbolic links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Symlinks {
    /// Follow links that stay inside the root. An absolute link always counts as leaving it.
    #[default]
    Within,
    /// Follow no links.
    Refuse,
    /// Follow all links. Anyone who can write below the root can then publish any readable file.
    Anywhere,
}

/// An open file or a directory; inside the root when it was opened.
#[derive(Debug)]
pub(crate) enum Opened {
    /// With the metadata that it had then.
    File(File, Signature),
    Directory(Directory),
}

/// A directory that can be listed.
#[derive(Debug)]
pub(crate) enum Directory {
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "only Linux opens directories")
    )]
    Open(File),
    Path(PathBuf),
}

impl Directory {
    /// Returns the names of the entries that are UTF-8, unsorted, without `.` and `..`.
    pub(crate) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        self.each_name(|name| {
            let name = str::from_utf8(name).ok();
            names.extend(
                name.filter(|name| !matches!(*name, "." | ".."))
                    .map(str::to_owned),
            );
            ControlFlow::Continue(())
        })?;
        Ok(names)
    }

    /// Calls a function with the name of each entry, unsorted, until it breaks.
    pub(crate) fn each_name(&self, visit: impl FnMut(&[u8]) -> ControlFlow<()>) -> io::Result<()> {
        match self {
            Self::Open(file) => imp::each_name(file, visit),
            Self::Path(path) => canonical::each_name(path, visit),
        }
    }

    /// Returns its metadata, which changes when an entry is added.
    pub(crate) fn signature(&self) -> io::Result<Signature> {
        Signature::of_metadata(&match self {
            Self::Open(file) => file.metadata()?,
            Self::Path(path) => fs::metadata(path)?,
        })
    }
}

/// An open root directory.
#[derive(Debug)]
pub(crate) struct Root {
    path: PathBuf,
    handle: imp::RootHandle,
}

impl Root {
    /// Opens the directory; [`NotFound`](io::ErrorKind::NotFound) if that is not possible.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            handle: imp::open_root(path)?,
        })
    }

    /// Opens a path below the root. The empty name is the root itself.
    ///
    /// Everything that cannot be served is [`NotFound`](io::ErrorKind::NotFound): a path outside
    /// the root, missing permission, a name that is too long, too many links, a device. Opening a
    /// FIFO does not wait for its other end.
    pub(crate) fn find(&self, name: &str, symlinks: Symlinks, mode: IoMode) -> io::Result<Opened> {
        match imp::find(&self.handle, name, symlinks, mode)? {
            Some(opened) => Ok(opened),
            None if mode == IoMode::Inline => Err(io::ErrorKind::WouldBlock.into()),
            None => canonical::open(&self.path, name, symlinks),
        }
    }
}

/// Reads at an offset; returns 0 at the end of the file.
pub(crate) fn read_at(
    file: &File,
    buffer: &mut [u8],
    offset: u64,
    mode: IoMode,
) -> io::Result<usize> {
    match mode {
        IoMode::Inline => imp::read_cached(file, buffer, offset),
        IoMode::Blocking => {
            // The descriptor is not shared, so seeking affects no other read.
            let mut file = file;
            file.seek(SeekFrom::Start(offset))?;
            loop {
                match file.read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    result => return result,
                }
            }
        }
    }
}

/// Returns how many bytes from the start of a range are in the page cache, which is always 0 where
/// the system has no reads that do not wait.
///
/// The kernel reads ahead in steps below the one of this function, so the ends of each stand for
/// the rest.
pub(crate) fn cached_length(file: &File, range: Range<u64>) -> u64 {
    const STEP: u64 = 256 * 1024;
    let is_cached = |offset| matches!(imp::read_cached(file, &mut [0], offset), Ok(1));
    if range.is_empty() || !is_cached(range.start) {
        return 0;
    }
    let mut end = range.start;
    while end < range.end {
        let next = (end + STEP).min(range.end);
        if !is_cached(next - 1) {
            break;
        }
        end = next;
    }
    end - range.start
}

/// The monotonic time, with a resolution of a few milliseconds if that is cheaper.
pub(crate) fn now() -> Duration {
    imp::now()
}
