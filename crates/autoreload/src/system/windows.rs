//! Windows, which has no signals.

use std::{fs::Metadata, io, os::windows::fs::MetadataExt};

/// Returns an error: a process cannot reload on a signal.
pub(crate) fn reload_signal() -> io::Result<impl FnMut() + Send + 'static> {
    Err::<fn(), _>(io::Error::new(
        io::ErrorKind::Unsupported,
        "reload by a signal needs a Unix system",
    ))
}

/// Does nothing: `squall dev` needs a Unix system.
pub(crate) fn stop_with_parent(_: i32) -> io::Result<()> {
    Ok(())
}

/// Returns the creation time, which changes if another file is renamed to this path.
pub(crate) fn file_id(metadata: &Metadata) -> u64 {
    metadata.creation_time()
}

/// Returns `false`: watches are not counted.
pub(crate) fn is_out_of_watches(_: &io::Error) -> bool {
    false
}
