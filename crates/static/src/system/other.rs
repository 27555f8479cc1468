//! Systems without `openat2` and non-blocking reads: all I/O uses the blocking pool.

use std::{
    fs::File,
    io,
    ops::ControlFlow,
    path::Path,
    sync::LazyLock,
    time::{Duration, Instant},
};

use super::{IoMode, Opened, Symlinks};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The root is found by its path.
pub(super) type RootHandle = ();

#[expect(clippy::unnecessary_wraps, reason = "as on Linux")]
pub(super) fn open_root(_: &Path) -> io::Result<RootHandle> {
    Ok(())
}

pub(super) fn find(_: &RootHandle, _: &str, _: Symlinks, _: IoMode) -> io::Result<Option<Opened>> {
    Ok(None)
}

pub(super) fn each_name(_: &File, _: impl FnMut(&[u8]) -> ControlFlow<()>) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn read_cached(_: &File, _: &mut [u8], _: u64) -> io::Result<usize> {
    Err(io::ErrorKind::WouldBlock.into())
}

pub(super) fn now() -> Duration {
    START.elapsed()
}
