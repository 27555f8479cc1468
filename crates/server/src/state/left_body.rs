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
pub(crate) struct LeftBody(Mutex<Left>);

#[derive(Debug, Default)]
enum Left {
    #[default]
    Unwanted,
    Wanted,
    Body(hyper::body::Incoming),
}

impl LeftBody {
    /// A request with a body begins: the body is kept if it is dropped before the response is
    /// there.
    pub(crate) fn want(&self) {
        self.replace(Left::Wanted);
    }

    /// Keeps a body if there is no response yet.
    pub(crate) fn leave(&self, body: hyper::body::Incoming) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*left, Left::Wanted) {
            *left = Left::Body(body);
        }
    }

    /// Takes the body that was kept, if any. From here on none is kept.
    pub(crate) fn take(&self) -> Option<hyper::body::Incoming> {
        match self.replace(Left::Unwanted) {
            Left::Body(body) => Some(body),
            Left::Unwanted | Left::Wanted => None,
        }
    }

    fn replace(&self, left: Left) -> Left {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mem::replace(&mut current, left)
    }
}
