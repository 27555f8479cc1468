//! One request: the checks of its head, the call of the service, and the bodies in both directions.

mod adapter;
mod check;
mod in_flight;
mod incoming;
mod outgoing;
mod serve;
mod stopwatch;

pub(crate) use self::{adapter::Adapter, check::KnownHost};
pub use self::{incoming::Incoming, serve::Serve};
