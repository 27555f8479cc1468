//! No translations.

use crate::application::layer::BoxLayer;

#[derive(Default)]
pub(crate) struct Settings {}

impl Settings {
    pub(crate) fn add_layer(self, _: &mut Vec<BoxLayer>) {}
}
