//! The manifest: a JSON object from names to the names with versions that `build` gave them.

#[cfg(not(feature = "manifest"))]
mod disabled;
#[cfg(feature = "manifest")]
mod enabled;

#[cfg(not(feature = "manifest"))]
pub(crate) use disabled::read;
#[cfg(feature = "manifest")]
pub(crate) use enabled::read;
#[cfg(feature = "build")]
pub(crate) use enabled::write;
