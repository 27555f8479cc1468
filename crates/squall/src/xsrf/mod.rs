//! Protection from cross-site request forgery, with the feature `xsrf`.

#[cfg(feature = "templates")]
use std::sync::Arc;

#[cfg(not(feature = "xsrf"))]
mod disabled;
#[cfg(feature = "xsrf")]
mod enabled;

#[cfg(all(not(feature = "xsrf"), feature = "debug"))]
pub(crate) use self::disabled::advice;
#[cfg(not(feature = "xsrf"))]
pub(crate) use self::disabled::{Guard, Settings};
#[cfg(feature = "xsrf")]
pub use self::enabled::Xsrf;
#[cfg(all(feature = "xsrf", feature = "debug"))]
pub(crate) use self::enabled::advice;
#[cfg(feature = "xsrf")]
pub(crate) use self::enabled::{Guard, Settings};
/// Makes the hidden field of a form.
#[cfg(feature = "templates")]
pub(crate) type FormHtml = Arc<dyn Fn() -> String + Send + Sync>;
