//! No templates.

use std::path::Path;

use crate::{Result, Urls, routes::handler_types::HandlerTypes};

#[derive(Default)]
pub(crate) struct Settings {}

/// Renders nothing.
pub(crate) struct Engine;

impl Settings {
    #[expect(clippy::unnecessary_wraps, reason = "as with the feature")]
    pub(crate) fn check_handler(&self, _: &HandlerTypes) -> Result<(), String> {
        Ok(())
    }

    pub(crate) fn folder(&self) -> Option<&Path> {
        None
    }

    pub(crate) fn build(self, _: &Urls, _debug: bool) -> Result<Engine> {
        Ok(Engine)
    }
}
