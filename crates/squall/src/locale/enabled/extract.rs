//! The language of a response.

use std::{convert::Infallible, ops::Deref};

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use squall_locale::Translations;

/// The locale that the user, a cookie or the browser asks for, among those that have
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
        let told = parts.extensions.get().cloned();
        Self(told.unwrap_or_else(|| Translations::new().get([""; 0])))
    }
}

impl Deref for Locale {
    type Target = squall_locale::Locale;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Without translations it is `en_US`, and translates nothing.
impl<S: Send + Sync> FromRequestParts<S> for Locale {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
