//! Current user and login redirect, with the feature `auth`.

#[cfg(not(feature = "auth"))]
mod disabled;
#[cfg(feature = "auth")]
mod enabled;

#[cfg(not(feature = "auth"))]
pub(crate) use self::disabled::{Auth, Settings, User};
#[cfg(feature = "auth")]
pub use self::enabled::CurrentUser;
#[cfg(feature = "auth")]
pub(crate) use self::enabled::{Auth, Settings, User};
