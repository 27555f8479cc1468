//! Cookies and signed cookies, with the feature `cookies`.

#[cfg(not(feature = "cookies"))]
mod disabled;
#[cfg(feature = "cookies")]
mod enabled;

#[cfg(not(feature = "cookies"))]
pub(crate) use self::disabled::Settings;
#[cfg(feature = "cookies")]
pub(crate) use self::enabled::Settings;
#[cfg(feature = "cookies")]
pub use self::enabled::{Cookies, Secret};
