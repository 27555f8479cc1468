//! Compressed responses, with the feature `compression`.

#[cfg(not(feature = "compression"))]
mod disabled;
#[cfg(feature = "compression")]
mod enabled;

#[cfg(not(feature = "compression"))]
pub(crate) use self::disabled::Settings;
#[cfg(feature = "compression")]
pub(crate) use self::enabled::Settings;
