//! The policy's time, and the ids of workers, tasks and generations.

use std::time::Duration;

/// Time since the first supervisor of this process id started.
pub(crate) type Time = Duration;

pub(crate) type WorkerId = u64;
pub(crate) type TaskId = usize;
pub(crate) type Generation = u64;
