//! The translations setting, and the layer that chooses the locale of a request.

mod extract;

pub use self::extract::Locale;

use http::{header::COOKIE, request::Parts};
use squall_locale::Translations;

use crate::{
    Application, cookies,
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

impl<S: Clone + Send + Sync + 'static> Application<S> {
    /// Sets the translations of [`Locale`](crate::Locale) and of the templates' `_`: gettext
    /// catalogues or Tornado's CSV. The cookie `locale` selects one of them, then
    /// `Accept-Language`.
    ///
    /// Default: none; each text is returned as it is.
    pub fn translations(mut self, translations: Translations) -> Self {
        self.settings.locale.0 = Some(translations);
        self
    }
}
