//! `sendfile(2)`, on Linux: the systems differ in what it does with a socket that is full.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod none;

#[cfg(target_os = "linux")]
pub(crate) use self::linux::{CAN_SEND_FILES, send_file, send_more};
#[cfg(not(target_os = "linux"))]
pub(crate) use self::none::{CAN_SEND_FILES, send_file, send_more};
