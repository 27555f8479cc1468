//! Protection from cross-site request forgery, with the feature `xsrf`.

use std::sync::Arc;

#[cfg(not(feature = "xsrf"))]
mod disabled;
#[cfg(feature = "xsrf")]
mod enabled;

#[cfg(not(feature = "xsrf"))]
pub(crate) use self::disabled::{Guard, Settings};
#[cfg(feature = "xsrf")]
pub use self::enabled::Xsrf;
#[cfg(feature = "xsrf")]
pub(crate) use self::enabled::{Guard, Settings};

/// Makes the hidden field of a form.
pub(crate) type FormHtml = Arc<dyn Fn() -> String + Send + Sync>;
