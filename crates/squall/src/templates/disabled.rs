//! No templates.

use std::path::Path;

use crate::{Result, Urls};

#[derive(Default)]
pub(crate) struct Settings {}

/// Renders nothing.
pub(crate) struct Engine;

/// A user that no template shows.
#[derive(Clone)]
pub(crate) struct UserValue;

impl Settings {
    pub(crate) fn folder(&self) -> Option<&Path> {
        None
    }

    pub(crate) fn build(self, _: &Urls, _debug: bool) -> Result<Engine> {
        Ok(Engine)
    }
}

impl UserValue {
    pub(crate) fn new(_: &impl serde::Serialize) -> Self {
        Self
    }
}
