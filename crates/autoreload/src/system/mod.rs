//! Differences between systems: signals, process groups and files.

#[cfg(unix)]
mod parent;
#[cfg(unix)]
mod unix;
#[cfg(not(unix))]
mod windows;

#[cfg(not(unix))]
pub(crate) use self::windows::{
    Group, file_id, is_out_of_watches, reload_signal, stop_with_parent,
};
#[cfg(unix)]
pub(crate) use self::{
    parent::stop_with_parent,
    unix::{Group, file_id, is_out_of_watches, reload_signal},
};
