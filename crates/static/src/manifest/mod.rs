//! The manifest of `build`: a JSON object that maps names to versioned names.

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
