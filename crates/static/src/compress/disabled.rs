//! Stub without the feature `compress`: never called, since compression cannot be enabled.

use std::io;

use crate::request::accept_encoding::Coding;

pub(crate) fn fast(_: &[u8], _: Coding) -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::Unsupported.into())
}
