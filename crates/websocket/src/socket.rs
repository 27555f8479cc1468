//! The handles of a socket: whole, or split into a sender and a receiver.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use futures_sink::Sink;

use crate::{
    Message, WebSocketError,
    codec::{CloseCode, CloseFrame},
    driver::Shared,
};

/// An open WebSocket, as a handler gets it.
///
/// Pings are answered, and sent, by the connection itself, whatever the handler does. When the handler ends and all
/// parts of its socket are dropped, the socket closes with 1000.
///
/// It is also a [`Stream`] and a [`Sink`] of messages.
///
/// # Examples
///
/// ```
/// use squall_websocket::{WebSocket, WebSocketError};
///
/// async fn echo(mut socket: WebSocket) -> Result<(), WebSocketError> {
///     while let Some(message) = socket.recv().await {
///         socket.send(message?).await?;
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct WebSocket {
    sender: Sender,
    receiver: Receiver,
}

/// The sending part of a [`WebSocket`]. Clones send to the same socket, so a room of a chat keeps one of each.
pub struct Sender {
    handle: Handle,
}

/// The receiving part of a [`WebSocket`]. When it is dropped, messages of the client are discarded.
pub struct Receiver {
    handle: Handle,
}

/// A handle that counts: with the last one the socket is closed.
struct Handle(Arc<Shared>);

impl Handle {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.lock().handles += 1;
        Self(Arc::clone(shared))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut connection = self.0.lock();
        connection.handles -= 1;
        if connection.handles == 0 {
            connection.wake_driver();
        }
    }
}

impl WebSocket {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        Self {
            sender: Sender {
                handle: Handle::new(shared),
            },
            receiver: Receiver {
                handle: Handle::new(shared),
            },
        }
    }

    /// Receives the next message; `None` after the client's close frame, whose code is in
    /// [`close_frame`](Self::close_frame), and after an error. Nothing is lost if the future is dropped.
    ///
    /// # Errors
    ///
    /// A fault of the client, a deadline, and a connection that ended without a close frame.
    pub async fn recv(&mut self) -> Option<Result<Message, WebSocketError>> {
        self.receiver.recv().await
    }

    /// Sends a message; see [`Sender::send`].
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), WebSocketError> {
        self.sender.send(message).await
    }

    /// Sends a close frame and waits for the client's, within `close_timeout`. Messages that come meanwhile
    /// are discarded. A reason has at most 123 bytes, and is cut.
    ///
    /// # Errors
    ///
    /// When the client does not answer in time, or the connection ends before.
    pub async fn close(self, code: CloseCode, reason: &str) -> Result<(), WebSocketError> {
        {
            let mut connection = self.receiver.handle.0.lock();
            connection.discard();
            connection.start_close(code, reason);
        }
        poll_fn(|cx| self.receiver.handle.0.lock().poll_closed(cx)).await
    }

    /// Splits the socket, so that one task sends while another receives.
    #[must_use]
    pub fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }

    /// Returns a sender beside this socket, for other tasks.
    #[must_use]
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// Returns the subprotocol that was selected.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.sender.protocol()
    }

    /// Returns the client's close frame, if it has come and has a code.
    #[must_use]
    pub fn close_frame(&self) -> Option<CloseFrame> {
        self.receiver.close_frame()
    }
}

impl Sender {
    /// Sends a message: puts it into the send buffer, which is written when the handler waits for something next.
    /// Waits as long as the buffer has [`max_send_buffer`](crate::WebSocketSettings::max_send_buffer) bytes. If the
    /// future is dropped while it waits, the message is not sent.
    ///
    /// # Errors
    ///
    /// When the socket is closed.
    pub async fn send(&self, message: impl Into<Message>) -> Result<(), WebSocketError> {
        let mut message = Some(message.into());
        poll_fn(|cx| {
            let mut connection = self.handle.0.lock();
            ready!(connection.poll_room(cx))?;
            let message = message.take();
            Poll::Ready(message.map_or(Ok(()), |message| connection.send(message)))
        })
        .await
    }

    /// Sends a message if the send buffer has room; for a broadcast, which no slow client may hold up.
    ///
    /// # Errors
    ///
    /// When the socket is closed, and when the buffer [is full](WebSocketError::is_full).
    pub fn try_send(&self, message: impl Into<Message>) -> Result<(), WebSocketError> {
        self.handle.0.lock().try_send(message.into())
    }

    /// Waits until all that was sent is written.
    ///
    /// # Errors
    ///
    /// When the connection ends before.
    pub async fn flush(&self) -> Result<(), WebSocketError> {
        poll_fn(|cx| self.handle.0.lock().poll_flush(cx)).await
    }

    /// Sends a close frame and does not wait for the client's. The receiver gets messages until that comes. A reason
    /// has at most 123 bytes, and is cut.
    pub fn close(&self, code: CloseCode, reason: &str) {
        self.handle.0.lock().start_close(code, reason);
    }

    /// Returns the subprotocol that was selected.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.handle.0.protocol.as_ref()?.to_str().ok()
    }
}

impl Receiver {
    /// Receives the next message; see [`WebSocket::recv`].
    ///
    /// # Errors
    ///
    /// As [`WebSocket::recv`].
    pub async fn recv(&mut self) -> Option<Result<Message, WebSocketError>> {
        poll_fn(|cx| self.handle.0.lock().poll_recv(cx)).await
    }

    /// Returns the client's close frame, if it has come and has a code.
    #[must_use]
    pub fn close_frame(&self) -> Option<CloseFrame> {
        self.handle.0.lock().close_frame().cloned()
    }
}

impl Clone for Sender {
    fn clone(&self) -> Self {
        Self {
            handle: Handle::new(&self.handle.0),
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.handle.0.lock().discard();
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

impl Stream for Receiver {
    type Item = Result<Message, WebSocketError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.handle.0.lock().poll_recv(cx)
    }
}

impl Stream for WebSocket {
    type Item = Result<Message, WebSocketError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.receiver).poll_next(cx)
    }
}

impl Sink<Message> for Sender {
    type Error = WebSocketError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), WebSocketError>> {
        self.handle.0.lock().poll_room(cx)
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), WebSocketError> {
        self.handle.0.lock().send(message)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), WebSocketError>> {
        self.handle.0.lock().poll_flush(cx)
    }

    /// Sends a close frame with 1000 and waits until it is written.
    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), WebSocketError>> {
        let mut connection = self.handle.0.lock();
        connection.start_close(CloseCode::NORMAL, "");
        if connection.is_gone() {
            return Poll::Ready(Ok(()));
        }
        connection.poll_flush(cx)
    }
}

impl Sink<Message> for WebSocket {
    type Error = WebSocketError;

    fn poll_ready(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), WebSocketError>> {
        Pin::new(&mut self.sender).poll_ready(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), WebSocketError> {
        Pin::new(&mut self.sender).start_send(message)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), WebSocketError>> {
        Pin::new(&mut self.sender).poll_flush(cx)
    }

    /// Sends a close frame with 1000 and waits until it is written.
    fn poll_close(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), WebSocketError>> {
        Pin::new(&mut self.sender).poll_close(cx)
    }
}
