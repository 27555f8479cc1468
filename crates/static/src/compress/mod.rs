//! Compression, with the feature `compress`.

#[cfg(not(feature = "compress"))]
mod disabled;
#[cfg(feature = "compress")]
mod enabled;

#[cfg(not(feature = "compress"))]
pub(crate) use disabled::fast;
#[cfg(feature = "build")]
pub(crate) use enabled::best;
#[cfg(feature = "compress")]
pub(crate) use enabled::fast;
