//! Responses that are written and not sent: collected to be sent together, or not taken by the
//! socket.

use std::{
    io, mem,
    pin::Pin,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use tokio::io::AsyncWrite;

use super::Activity;
use crate::stream::Stream;

/// The bytes that are collected at most.
const CAPACITY: usize = 16 * 1024;

/// The bytes for which there is space from the start: growing step by step copies each response
/// several times.
const FIRST_CAPACITY: usize = 4 * 1024;

/// Bytes of responses to pipelined requests.
///
/// One task at a time drives a connection, so the lock is never contended, and the length orders no
/// other memory.
#[derive(Debug, Default)]
pub(crate) struct Unsent {
    length: AtomicUsize,
    bytes: Mutex<Vec<u8>>,
}

impl Unsent {
    pub(crate) fn is_empty(&self) -> bool {
        self.length.load(Relaxed) == 0
    }

    /// Collects the bytes; false if there is no space.
    pub(crate) fn collect(&self, bytes: &[u8]) -> bool {
        let fits = self.length.load(Relaxed) + bytes.len() <= CAPACITY;
        if fits {
            self.change(|unsent| {
                if unsent.is_empty() {
                    unsent.reserve(FIRST_CAPACITY.max(bytes.len()));
                }
                unsent.extend_from_slice(bytes);
            });
        }
        fits
    }

    /// Sends all, and records the outcome of each write.
    pub(crate) fn poll_send(
        &self,
        stream: &mut Stream,
        activity: &Activity,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_empty() {
            return Poll::Ready(Ok(()));
        }
        self.change(|unsent| {
            let mut sent = 0;
            let result = loop {
                if sent == unsent.len() {
                    break Poll::Ready(Ok(()));
                }
                let written = Pin::new(&mut *stream).poll_write(cx, &unsent[sent..]);
                activity.on_write(&written);
                match written {
                    Poll::Ready(Ok(written)) => sent += written,
                    Poll::Ready(Err(error)) => break Poll::Ready(Err(error)),
                    Poll::Pending => break Poll::Pending,
                }
            };
            unsent.drain(..sent);
            result
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut bytes);
        if bytes.is_empty() {
            // An idle connection keeps no buffer.
            drop(mem::take(&mut *bytes));
        }
        self.length.store(bytes.len(), Relaxed);
        result
    }
}
