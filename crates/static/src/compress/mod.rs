//! Encodes content: with the crates of the feature `compress`, or not at all.

#[cfg(not(feature = "compress"))]
mod disabled;
#[cfg(feature = "compress")]
mod enabled;

#[cfg(not(feature = "compress"))]
pub(crate) use disabled::quickly;
#[cfg(feature = "compress")]
pub(crate) use enabled::quickly;
#[cfg(feature = "build")]
pub(crate) use enabled::well;
