//! One request: the checks of its head, the call of the service, and the bodies in both directions.

mod check;
mod in_flight;
mod incoming;
mod outgoing;
mod service;

pub(crate) use self::{check::KnownHost, service::Adapter};
pub use self::{incoming::Incoming, service::Serve};
