//! No static files.

use std::path::Path;

use super::StaticRoutes;
use crate::Result;

#[derive(Default)]
pub(crate) struct Settings {}

/// The URLs of no files.
#[derive(Clone, Default)]
pub(crate) struct FileUrls;

impl Settings {
    pub(crate) fn root(&self) -> Option<&Path> {
        None
    }

    pub(crate) fn build(self, _debug: bool) -> Result<StaticRoutes> {
        Ok(StaticRoutes::default())
    }
}
