//! State that the parts of one connection share, and state that all connections of a server share.

mod activity;
mod file_queue;
mod server;
mod unread_body;
mod unsent;

use std::sync::Arc;

pub(crate) use self::{
    activity::{Activity, Stage},
    file_queue::{FileChunk, FileRange, is_placeholder},
    server::{LARGE_CHUNK, ServerState},
};
use self::{file_queue::FileQueue, unread_body::UnreadBody, unsent::Unsent};
use crate::{framing::Claims, stop::Handle};

/// State that the parts of one connection share. It is one allocation, because a request touches it
/// when the caches have been filled by many other connections.
#[derive(Debug)]
pub(crate) struct ConnectionState {
    pub(crate) activity: Activity,
    pub(crate) claims: Claims,
    pub(crate) unread_body: UnreadBody,
    pub(crate) unsent: Unsent,
    pub(crate) files: FileQueue,
    pub(crate) handle: Handle,
    pub(crate) server: Arc<ServerState>,
}

impl ConnectionState {
    /// Returns the state of a connection that has just been accepted.
    pub(crate) fn new(handle: Handle, server: Arc<ServerState>) -> Self {
        Self {
            activity: Activity::default(),
            claims: Claims::default(),
            unread_body: UnreadBody::default(),
            unsent: Unsent::default(),
            files: FileQueue::default(),
            handle,
            server,
        }
    }
}
