//! Places in source files.

use std::{
    fmt,
    panic::Location,
    path::{Path, PathBuf},
};

use crate::{printable::one_line, trace::owner::owner};

/// A place in a source file, from the debug information.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Displays the path as the page does: without the directory of a registry or a checkout.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, shown) = owner(&self.file);
        write!(f, "{}:{}", one_line(&shown.to_string_lossy()), self.line)
    }
}

impl From<&Location<'_>> for Place {
    fn from(location: &Location<'_>) -> Self {
        Self {
            file: Path::new(location.file()).to_owned(),
            line: location.line(),
            column: location.column(),
        }
    }
}
