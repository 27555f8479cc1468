//! The translations setting, and the layer that chooses the locale of a request.

mod extract;
mod setters;

pub use self::extract::Locale;

use http::{header::COOKIE, request::Parts};
use squall_locale::Translations;

use crate::{
    cookies,
    routes::settings::{Wrap, wrap},
};

/// The cookie with the locale that the user chose.
const LOCALE: &str = "locale";

/// Settings as given.
#[derive(Default)]
pub(crate) struct Settings(Option<Translations>);

impl Settings {
    pub(crate) fn add_layer(self, layers: &mut Vec<Wrap>) {
        let chosen = |request: &Parts| cookies::Settings::cookie(request, LOCALE);
        let layer = |translations: Translations| translations.layer().user_locale([COOKIE], chosen);
        layers.extend(self.0.map(layer).map(wrap));
    }
}
