//! Hooks of the embedding program: before a spawn, when a worker is ready, when it has ended.

use std::process::Command;

/// A worker, as hooks see it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WorkerInfo {
    /// 0…n-1, kept across restarts.
    pub task_id: usize,
    /// Its process id.
    pub pid: u32,
    /// The executable it runs, counted from 1.
    pub generation: u64,
}

/// How a worker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WorkerExit {
    /// It returned this exit status.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

type BeforeSpawn = dyn FnMut(usize, &mut Command) + Send;
type WhenReady = dyn FnMut(&WorkerInfo) + Send;
type OnExit = dyn FnMut(&WorkerInfo, WorkerExit) + Send;

pub(crate) struct Hooks {
    pub(crate) before_spawn: Box<BeforeSpawn>,
    pub(crate) when_ready: Box<WhenReady>,
    pub(crate) worker_exit: Box<OnExit>,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            before_spawn: Box::new(|_, _| {}),
            when_ready: Box::new(|_| {}),
            worker_exit: Box::new(|_, _| {}),
        }
    }
}
