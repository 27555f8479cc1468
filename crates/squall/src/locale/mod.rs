//! Translations and the locale of a request, with the feature `locale`.

#[cfg(not(feature = "locale"))]
mod disabled;
#[cfg(feature = "locale")]
mod enabled;

#[cfg(not(feature = "locale"))]
pub(crate) use self::disabled::Settings;
#[cfg(feature = "locale")]
pub use self::enabled::Locale;
#[cfg(feature = "locale")]
pub(crate) use self::enabled::Settings;
