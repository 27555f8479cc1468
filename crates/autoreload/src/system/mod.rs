//! Differences between systems: signals, process groups and files.

#[cfg(feature = "cargo")]
mod group;
#[cfg(unix)]
mod parent;
#[cfg(unix)]
mod unix;
#[cfg(not(unix))]
mod windows;

#[cfg(feature = "cargo")]
pub(crate) use self::group::Group;
#[cfg(not(unix))]
pub(crate) use self::windows::{file_id, is_out_of_watches, reload_signal, stop_with_parent};
#[cfg(unix)]
pub(crate) use self::{
    parent::stop_with_parent,
    unix::{file_id, is_out_of_watches, reload_signal},
};
