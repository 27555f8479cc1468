//! Pages from templates, with the feature `templates`.

#[cfg(not(feature = "templates"))]
mod disabled;
#[cfg(feature = "templates")]
mod enabled;

#[cfg(not(feature = "templates"))]
pub(crate) use self::disabled::{Engine, Settings};
#[cfg(feature = "templates")]
pub use self::enabled::Page;
#[cfg(feature = "templates")]
pub(crate) use self::enabled::{Engine, Settings, UserValue};
