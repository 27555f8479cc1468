//! Worker processes: the program, its start, its end, and what it uses.

pub(crate) mod handover;
pub(crate) mod parcel;
pub(crate) mod program;
pub(crate) mod spawn;
pub(crate) mod usage;
pub(crate) mod wait;
