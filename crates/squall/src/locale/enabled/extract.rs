//! `Locale`: the locale of a request.

use std::{convert::Infallible, ops::Deref};

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use squall_locale::Translations;

/// The locale that a cookie or `Accept-Language` selects among the
/// [translations](crate::Application::translations); see [`squall_locale::Locale`].
///
/// # Examples
///
/// ```
/// use squall::Locale;
///
/// async fn home(locale: Locale) -> String {
///     locale.translate("Home").to_owned()
/// }
/// ```
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it is taken apart where it is extracted"
)]
pub struct Locale(pub squall_locale::Locale);

impl Locale {
    pub(crate) fn of(parts: &Parts) -> Self {
        let selected = parts.extensions.get().cloned();
        Self(selected.unwrap_or_else(|| Translations::new().get([""; 0])))
    }
}

impl Deref for Locale {
    type Target = squall_locale::Locale;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Without translations, the locale is `en_US`, and returns each text unchanged.
impl<S: Send + Sync> FromRequestParts<S> for Locale {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
