//! Linux: `openat2` confines paths to the root, `preadv2` reads only from the page cache.

use std::{
    fs::File,
    io::{self, IoSliceMut},
    ops::ControlFlow,
    os::fd::OwnedFd,
    path::Path,
    time::Duration,
};

use rustix::{
    fs::{CWD, Dir, Mode, OFlags, ResolveFlags, openat, openat2},
    io::{Errno, ReadWriteFlags, preadv2},
    time::{ClockId, clock_gettime},
};

use super::{Directory, IoMode, Opened, Symlinks, signature::Signature};

/// The kernel returns `EAGAIN` if a directory is moved while it resolves `..`.
const TRIES: usize = 100;

pub(super) type RootHandle = OwnedFd;

pub(super) fn open_root(path: &Path) -> io::Result<RootHandle> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(CWD, path, flags, Mode::empty()).map_err(not_found)
}

/// Returns `None` if `openat2` is not available: before Linux 5.6, or in a sandbox.
pub(super) fn find(
    root: &RootHandle,
    name: &str,
    symlinks: Symlinks,
    mode: IoMode,
) -> io::Result<Option<Opened>> {
    let mut resolve = ResolveFlags::NO_MAGICLINKS;
    resolve |= match symlinks {
        Symlinks::Within => ResolveFlags::BENEATH,
        Symlinks::Refuse => ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS,
        Symlinks::Anywhere => ResolveFlags::empty(),
    };
    if mode == IoMode::Inline {
        resolve |= ResolveFlags::CACHED;
    }
    // O_NONBLOCK: opening a FIFO would wait for a writer.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let name = if name.is_empty() { "." } else { name };
    for _ in 0..TRIES {
        let file = match openat2(root, name, flags, Mode::empty(), resolve) {
            Ok(file) => File::from(file),
            Err(Errno::AGAIN) if mode == IoMode::Blocking => continue,
            Err(Errno::NOSYS | Errno::PERM) => return Ok(None),
            // RESOLVE_CACHED needs Linux 5.12.
            Err(Errno::INVAL) if mode == IoMode::Inline => return Ok(None),
            Err(error) => return Err(not_found(error)),
        };
        let metadata = file.metadata()?;
        return if metadata.is_file() {
            let signature = Signature::of_metadata(&metadata)?;
            Ok(Some(Opened::File(file, signature)))
        } else if metadata.is_dir() {
            Ok(Some(Opened::Directory(Directory::Open(file))))
        } else {
            Err(io::ErrorKind::NotFound.into())
        };
    }
    Err(io::ErrorKind::NotFound.into())
}

/// Names without their file types; entries are checked when they are opened.
pub(super) fn each_name(
    directory: &File,
    mut visit: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> io::Result<()> {
    for entry in Dir::read_from(directory)? {
        if visit(entry?.file_name().to_bytes()).is_break() {
            break;
        }
    }
    Ok(())
}

/// Reads only bytes that are in the page cache.
pub(super) fn read_cached(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let buffers = &mut [IoSliceMut::new(buffer)];
    match preadv2(file, buffers, offset, ReadWriteFlags::NOWAIT) {
        // The file system does not support the flag.
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
