//! Without `sendfile`, files are read.

use std::{
    fs::File,
    io::{self, IoSlice},
};

pub(crate) const CAN_SEND_FILES: bool = false;

pub(crate) fn send_file<S>(_: S, _: &File, _: u64, _: usize) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn send_more<S>(_: S, _: &[IoSlice<'_>]) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}
