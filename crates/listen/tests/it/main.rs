//! Sockets of this machine: bound, refused, shared and removed.

mod addresses;
#[cfg(unix)]
mod unix;
