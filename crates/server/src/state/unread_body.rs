//! A request's body that the service dropped before its end.

use std::{
    mem,
    sync::{Mutex, PoisonError},
};

/// A request's body that the service dropped before its end and before there was a response.
///
/// It is kept until the response is there. Only then is it certain whether the rest of the body has
/// arrived, so that the connection can go on, or whether the response has to announce its end.
#[derive(Debug, Default)]
pub(crate) struct UnreadBody(Mutex<Dropped>);

/// How a body that the service drops is treated.
#[derive(Debug, Default)]
enum Dropped {
    #[default]
    Discard,
    Keep,
    Kept(hyper::body::Incoming),
}

impl UnreadBody {
    /// A request with a body begins: the body is kept if it is dropped before the response is
    /// there.
    pub(crate) fn keep(&self) {
        self.replace(Dropped::Keep);
    }

    /// Takes over a dropped body, and keeps it if there is no response yet.
    pub(crate) fn put(&self, body: hyper::body::Incoming) {
        let mut dropped = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*dropped, Dropped::Keep) {
            *dropped = Dropped::Kept(body);
        }
    }

    /// Takes the body that was kept, if any. From here on none is kept.
    pub(crate) fn take(&self) -> Option<hyper::body::Incoming> {
        match self.replace(Dropped::Discard) {
            Dropped::Kept(body) => Some(body),
            Dropped::Discard | Dropped::Keep => None,
        }
    }

    fn replace(&self, dropped: Dropped) -> Dropped {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mem::replace(&mut current, dropped)
    }
}
