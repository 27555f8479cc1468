//! State that the parts of one connection share, and the state of all connections of a server.

mod activity;
mod file_queue;
mod left_body;
mod protocols;
mod unsent;

use std::sync::Arc;

pub(crate) use self::{
    activity::{Activity, Stage},
    file_queue::{FileChunk, FileQueue, FileRange, is_placeholder},
    left_body::LeftBody,
    protocols::Protocols,
    unsent::Unsent,
};
use crate::{framing::Claims, stop::Handle};

/// State that the parts of one connection share. It is one allocation, because a request touches it
/// when the caches have been filled by many other connections.
#[derive(Debug)]
pub(crate) struct ConnectionState {
    pub(crate) activity: Activity,
    pub(crate) claims: Claims,
    pub(crate) left_body: LeftBody,
    pub(crate) unsent: Unsent,
    pub(crate) files: FileQueue,
    pub(crate) handle: Handle,
    pub(crate) protocols: Arc<Protocols>,
}
