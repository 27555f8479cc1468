//! The handler of an open socket, and the close frame and the log line of its error.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use squall_websocket::{CloseCode, Sender, WebSocket, WebSocketError};

use crate::{Error, Result};

pin_project! {
    // Not an async block, which would keep room for the handler twice.
    pub(super) struct Handling<F> {
        #[pin]
        handler: F,
        sender: Sender,
    }
}

impl<F> Handling<F> {
    pub(super) fn new(socket: WebSocket, handler: impl FnOnce(WebSocket) -> F) -> Self {
        let sender = socket.sender();
        Self {
            handler: handler(socket),
            sender,
        }
    }
}

impl<F: Future<Output = Result<()>>> Future for Handling<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if let Err(error) = ready!(this.handler.poll(cx)) {
            end(this.sender, &error);
        }
        Poll::Ready(())
    }
}

fn end(sender: &Sender, error: &Error) {
    if matches!(error.source(), Some(source) if source.is::<WebSocketError>()) {
        tracing::debug!(%error, "a WebSocket ended");
        return;
    }
    let cause = format!("{error:?}");
    if let Some(reason) = error.reason() {
        tracing::warn!(error = ?cause, "a WebSocket's message was refused");
        sender.close(CloseCode::POLICY, &reason);
    } else {
        tracing::error!(error = ?cause, "a WebSocket's handler failed");
        sender.close(CloseCode::INTERNAL_ERROR, "the server failed");
    }
}
