//! The process tree of a build, which can be terminated as a whole.

#[cfg(unix)]
mod unix;
#[cfg(not(unix))]
mod windows;

#[cfg(unix)]
pub(crate) use self::unix::Group;
#[cfg(not(unix))]
pub(crate) use self::windows::Group;
