//! No templates.

#[cfg(feature = "autoreload")]
use std::path::Path;

use crate::{Result, Urls};

#[derive(Default)]
pub(crate) struct Settings {}

/// Renders nothing.
pub(crate) struct Engine;

impl Settings {
    #[cfg(feature = "autoreload")]
    pub(crate) fn folder(&self) -> Option<&Path> {
        None
    }

    pub(crate) fn build(self, _: &Urls, _debug: bool) -> Result<Engine> {
        Ok(Engine)
    }
}
