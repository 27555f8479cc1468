//! Systems without `openat2` and non-blocking reads: all I/O uses the blocking pool.

use std::{
    fs::File,
    io,
    path::Path,
    sync::LazyLock,
    time::{Duration, Instant},
};

use super::{IoMode, Opened, Symlinks};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

pub(super) fn open(_: &Path, _: &str, _: Symlinks, _: IoMode) -> io::Result<Option<Opened>> {
    Ok(None)
}

pub(super) fn names(_: &File) -> io::Result<Vec<String>> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn read_cached(_: &File, _: &mut [u8], _: u64) -> io::Result<usize> {
    Err(io::ErrorKind::WouldBlock.into())
}

pub(super) fn now() -> Duration {
    START.elapsed()
}
