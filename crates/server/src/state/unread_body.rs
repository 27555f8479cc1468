//! A request's body that the service dropped before its end.

use std::{
    mem,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use http_body::Body;

use super::Activity;

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

    /// Discards what has arrived of the body that was kept, if any; false if its end has not
    /// arrived: hyper ends the connection then. From here on no body is kept.
    pub(crate) fn discard(&self, activity: &Activity) -> bool {
        let Dropped::Kept(mut body) = self.replace(Dropped::Discard) else {
            return true;
        };
        // hyper has read what came with the head before it polled the service. It must not read
        // more now.
        let mut cx = Context::from_waker(Waker::noop());
        while !body.is_end_stream() {
            match Pin::new(&mut body).poll_frame(&mut cx) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(None) => break,
                Poll::Ready(Some(Err(_))) | Poll::Pending => return false,
            }
        }
        activity.on_body_discarded();
        true
    }

    fn replace(&self, dropped: Dropped) -> Dropped {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mem::replace(&mut current, dropped)
    }
}
