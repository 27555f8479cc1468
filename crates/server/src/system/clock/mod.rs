//! The monotonic clock for deadlines: the coarse one, where the system has one.

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
mod coarse;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
mod exact;

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
pub(crate) use self::coarse::monotonic_nanoseconds;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub(crate) use self::exact::monotonic_nanoseconds;
