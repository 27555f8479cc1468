//! Stub without the feature `manifest`: never called, since no manifest can be set.

use std::{collections::HashMap, io, path::Path};

pub(crate) fn read(_: &Path) -> io::Result<HashMap<String, String>> {
    Err(io::ErrorKind::Unsupported.into())
}
