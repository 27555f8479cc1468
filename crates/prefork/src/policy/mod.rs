//! Decides what the supervisor does next: `(state, event at a time) → actions`, without clock or
//! I/O.
//!
//! The words: a *slot* is a task id and has one worker in charge. A *set* is the sockets of one
//! slot. A *generation* is one executable as it was on disk at one moment. A *renewal* replaces the
//! worker in charge of a slot by a new one, new first; a *rollout* renews every slot to one
//! generation.

mod cover;
mod event;
mod ids;
mod lifecycle;
mod operations;
mod recycle;
mod renewal;
mod scale;
mod slot;
mod state;
mod stop;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use event::{Action, Event, Exit, ExitReason, Rules, Sharing, Signal, StopMode};
pub(crate) use ids::{Generation, TaskId, Time, WorkerId};
pub(crate) use slot::{Phase, Slot, Worker};
pub(crate) use state::Policy;
