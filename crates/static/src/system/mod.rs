//! What one operating system can and another cannot: the only place that asks which it is.

mod canonical;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

#[cfg(target_os = "linux")]
use linux as imp;
#[cfg(not(target_os = "linux"))]
use other as imp;

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

/// Whether a call may wait for a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// It must not: on an event loop. What cannot be had at once is
    /// [`WouldBlock`](io::ErrorKind::WouldBlock).
    Inline,
    /// It may: on a thread for that.
    Blocking,
}

/// What to do with symbolic links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Symlinks {
    /// Follow those that stay inside the root. One that is absolute leaves it, wherever it leads.
    #[default]
    Within,
    /// Follow none.
    Refuse,
    /// Follow all. Whoever can write below the root then decides what is served.
    Anywhere,
}

/// An open file or a directory, below the root when it was opened.
#[derive(Debug)]
pub(crate) enum Opened {
    File(File),
    Directory(Directory),
}

/// A directory whose names can be read.
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
    /// The names in it that are UTF-8, in no order, without `.` and `..`.
    pub(crate) fn names(&self) -> io::Result<Vec<String>> {
        match self {
            Self::Open(file) => imp::names(file),
            Self::Path(path) => canonical::names(path),
        }
    }
}

/// Opens what has this name below the root. The empty name is the root.
///
/// Whatever is not there to be served is [`NotFound`](io::ErrorKind::NotFound): outside the
/// root, without permission, a name that is too long, too many links, a device. A FIFO may be
/// opened, but nothing waits for its other end.
pub(crate) fn open(root: &Path, name: &str, symlinks: Symlinks, how: How) -> io::Result<Opened> {
    match imp::open(root, name, symlinks, how)? {
        Some(opened) => Ok(opened),
        None if how == How::Inline => Err(io::ErrorKind::WouldBlock.into()),
        None => canonical::open(root, name, symlinks),
    }
}

/// Reads some bytes at an offset; zero is the end of the file.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64, how: How) -> io::Result<usize> {
    match how {
        How::Inline => imp::read_cached(file, buffer, offset),
        How::Blocking => {
            // Nobody else reads from this descriptor.
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

/// The time since some moment, as coarse as it may be where that is cheaper: a few milliseconds.
pub(crate) fn now() -> Duration {
    imp::now()
}
