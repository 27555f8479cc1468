//! `Application::translations`.

use squall_locale::Translations;

use crate::Application;

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
