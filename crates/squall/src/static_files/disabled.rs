//! No static files.

#[cfg(feature = "autoreload")]
use std::path::Path;

use super::Added;
use crate::Result;

#[derive(Default)]
pub(crate) struct Settings {}

/// The URLs of no files.
#[derive(Default)]
pub(crate) struct Urls;

impl Settings {
    #[cfg(feature = "autoreload")]
    pub(crate) fn root(&self) -> Option<&Path> {
        None
    }

    pub(crate) fn build(self, _debug: bool) -> Result<Added> {
        Ok(Added::default())
    }
}

#[cfg(feature = "templates")]
impl crate::Urls {
    /// Returns the templates' function `static_url`, which is missing.
    pub(crate) fn static_url_function(&self) -> Option<fn(&str) -> String> {
        None
    }
}
