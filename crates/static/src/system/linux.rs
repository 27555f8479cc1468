//! Linux: the kernel itself keeps a path below the root, and says what it has in memory.

use std::{
    fs::File,
    io::{self, IoSliceMut},
    path::Path,
    time::Duration,
};

use rustix::{
    fs::{CWD, Dir, FileType, Mode, OFlags, ResolveFlags, fstat, openat2},
    io::{Errno, ReadWriteFlags, preadv2},
    time::{ClockId, clock_gettime},
};

use super::{Directory, How, Opened, Symlinks};

/// The kernel asks to try again when a directory was moved while it resolved `..` in a link.
const TRIES: usize = 100;

/// `None` if the kernel (before 5.6) or a sandbox does not have `openat2`.
pub(super) fn open(
    root: &Path,
    name: &str,
    symlinks: Symlinks,
    how: How,
) -> io::Result<Option<Opened>> {
    // Opened each time: a deploy may have put another directory in its place.
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = rustix::fs::openat(CWD, root, flags, Mode::empty()).map_err(not_found)?;
    let mut resolve = ResolveFlags::NO_MAGICLINKS;
    resolve |= match symlinks {
        Symlinks::Within => ResolveFlags::BENEATH,
        Symlinks::Refuse => ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS,
        Symlinks::Anywhere => ResolveFlags::empty(),
    };
    if how == How::Inline {
        resolve |= ResolveFlags::CACHED;
    }
    // Without NONBLOCK a FIFO would wait for a writer.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let name = if name.is_empty() { "." } else { name };
    for _ in 0..TRIES {
        let file = match openat2(&root, name, flags, Mode::empty(), resolve) {
            Ok(file) => File::from(file),
            Err(Errno::AGAIN) if how == How::Blocking => continue,
            Err(Errno::NOSYS | Errno::PERM) => return Ok(None),
            // A kernel before 5.12 does not know RESOLVE_CACHED.
            Err(Errno::INVAL) if how == How::Inline => return Ok(None),
            Err(error) => return Err(not_found(error)),
        };
        return match FileType::from_raw_mode(fstat(&file)?.st_mode) {
            FileType::RegularFile => Ok(Some(Opened::File(file))),
            FileType::Directory => Ok(Some(Opened::Directory(Directory::Open(file)))),
            _ => Err(io::ErrorKind::NotFound.into()),
        };
    }
    Err(io::ErrorKind::NotFound.into())
}

/// Only names: what they stand for is seen when they are opened.
pub(super) fn names(directory: &File) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let name = entry?.file_name().to_str().map(str::to_owned);
        names.extend(name.ok().filter(|name| !matches!(&**name, "." | "..")));
    }
    Ok(names)
}

/// Reads from the page cache, and nothing that is not in it.
pub(super) fn read_cached(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let buffers = &mut [IoSliceMut::new(buffer)];
    match preadv2(file, buffers, offset, ReadWriteFlags::NOWAIT) {
        // The file system does not know the flag.
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => Err(io::ErrorKind::WouldBlock.into()),
        result => Ok(result?),
    }
}

pub(super) fn now() -> Duration {
    let time = clock_gettime(ClockId::MonotonicCoarse);
    Duration::new(
        time.tv_sec.try_into().unwrap_or_default(),
        time.tv_nsec.try_into().unwrap_or_default(),
    )
}

fn not_found(error: Errno) -> io::Error {
    match error {
        Errno::LOOP
        | Errno::XDEV
        | Errno::NXIO
        | Errno::NODEV
        | Errno::ACCESS
        | Errno::NOTDIR
        | Errno::INVAL
        | Errno::NAMETOOLONG => io::Error::from(io::ErrorKind::NotFound),
        error => error.into(),
    }
}
