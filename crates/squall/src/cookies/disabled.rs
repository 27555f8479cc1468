//! No cookies: handlers that need them read the header.

#[cfg(feature = "locale")]
use http::request::Parts;

use crate::{Result, routes::settings::Wrap};

#[derive(Default)]
pub(crate) struct Settings {}

impl Settings {
    pub(crate) fn has_secret(&self) -> bool {
        false
    }

    pub(crate) fn add_layer(self, _: &mut Vec<Wrap>, _debug: bool) -> Result<()> {
        Ok(())
    }

    #[cfg(feature = "locale")]
    pub(crate) fn cookie(_: &Parts, _name: &str) -> Option<String> {
        None
    }
}
