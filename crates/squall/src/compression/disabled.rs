//! No compression.

use crate::routes::settings::Wrap;

#[derive(Default)]
pub(crate) struct Settings {}

impl Settings {
    pub(crate) fn add_layer(self, _: &mut Vec<Wrap>) {}
}
