//! Current user and login redirect, with the feature `auth`.

#[cfg(not(feature = "auth"))]
mod disabled;
#[cfg(feature = "auth")]
mod enabled;

#[cfg(all(not(feature = "auth"), feature = "templates"))]
pub(crate) use self::disabled::User;
#[cfg(not(feature = "auth"))]
pub(crate) use self::disabled::{Auth, Settings};
#[cfg(feature = "auth")]
pub use self::enabled::CurrentUser;
#[cfg(all(feature = "auth", feature = "templates"))]
pub(crate) use self::enabled::User;
#[cfg(feature = "auth")]
pub(crate) use self::enabled::{Auth, Settings};
