//! Reading and writing: bytes to events and messages, frames to bytes.

use std::{
    cell::Cell,
    io::{self, IoSlice},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWrite};

use super::{Connection, Ending, Phase};
use crate::{
    Message, WebSocketError,
    codec::{CloseFrame, Event, Fault, Opcode, Payload},
    error::Kind,
    output::SLICES,
};

/// The buffer of a thread, into which its idle connections are read: they have none of their own. Holds a message of
/// 64 KiB with its header.
const BUFFER_LEN: usize = 68 * 1024;

/// The cost of an unread message beside its bytes.
pub(super) const OVERHEAD: usize = 64;

/// The largest write where each is copied once more, as over HTTP/2.
const UNVECTORED: usize = 64 * 1024;

thread_local! {
    static BUFFER: Cell<BytesMut> = Cell::default();
}

impl Connection {
    /// Reads once, and takes what was read.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(io) = &mut self.io else {
            return Poll::Ready(());
        };
        let is_over = self.phase == Phase::Draining || self.ending.is_some();
        if !is_over && let Some(mut place) = self.decoder.direct() {
            let read = pin!(io.read_buf(&mut place)).poll(cx);
            match read {
                Poll::Pending => return self.on_wait(),
                Poll::Ready(Err(error)) => self.end(Kind::Io(error)),
                Poll::Ready(Ok(0)) => self.end(Kind::Gone),
                Poll::Ready(Ok(n)) => {
                    self.activity.has_read = true;
                    match self.decoder.filled(n) {
                        Ok((mut rest, event)) => {
                            event.into_iter().for_each(|event| self.on_event(event));
                            self.take(&mut rest);
                        }
                        Err(fault) => self.on_fault(fault),
                    }
                }
            }
            return Poll::Ready(());
        }
        // Taken, not borrowed: a socket within a socket would need it twice.
        let mut buffer = BUFFER.take();
        buffer.clear();
        buffer.reserve(BUFFER_LEN);
        let read = pin!(io.read_buf(&mut buffer)).poll(cx);
        let poll = match read {
            Poll::Pending => self.on_wait(),
            Poll::Ready(result) => {
                match result {
                    Err(error) => self.end(Kind::Io(error)),
                    Ok(0) => self.end(Kind::Gone),
                    Ok(_) if is_over => {}
                    Ok(_) => self.take(&mut buffer),
                }
                Poll::Ready(())
            }
        };
        BUFFER.set(buffer);
        poll
    }

    /// Nothing is there to read. A text that is not UTF-8 fails now, not with its last byte.
    fn on_wait(&mut self) -> Poll<()> {
        match self.decoder.check_text() {
            Err(fault) if self.phase != Phase::Draining && self.ending.is_none() => {
                self.on_fault(fault);
                Poll::Ready(())
            }
            _ => Poll::Pending,
        }
    }

    fn take(&mut self, buffer: &mut BytesMut) {
        self.activity.has_read = true;
        let is_open = |this: &Self| {
            matches!(this.phase, Phase::Open | Phase::Closing) && this.ending.is_none()
        };
        while !buffer.is_empty() && is_open(self) {
            match self.decoder.decode_buffer(buffer) {
                Ok(event) => event.into_iter().for_each(|event| self.on_event(event)),
                Err(fault) => return self.on_fault(fault),
            }
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Message(payload) => match self.message(payload) {
                Ok(message) => self.on_message(message),
                Err(fault) => self.on_fault(fault),
            },
            // Behind a close frame nothing is sent (RFC 6455, section 5.5.1).
            Event::Ping(payload) if self.phase == Phase::Open => {
                if self.has_room() {
                    self.output.push(Opcode::Pong, false, payload);
                } else {
                    // Only the last ping needs an answer (RFC 6455, section 5.5.3).
                    self.pong = Some(payload);
                }
            }
            Event::Ping(_) | Event::Pong(_) => {}
            Event::Close(frame) => self.end_after_messages(Ending::Close(frame)),
        }
    }

    fn message(&mut self, mut payload: Payload) -> Result<Message, Fault> {
        if payload.is_compressed
            && let Some(coder) = &mut self.coder
        {
            payload.bytes = coder.inflate(&payload.bytes, self.settings.max_message_size)?;
        }
        payload.into_message()
    }

    fn on_message(&mut self, message: Message) {
        if self.discards {
            return;
        }
        self.unread_len += message.as_bytes().len() + OVERHEAD;
        self.unread.push_back(message);
        let limit = self
            .settings
            .max_unread
            .saturating_add(self.settings.max_message_size);
        if self.is_http2 && self.unread_len > limit {
            self.end(Kind::Overrun);
        }
    }

    fn on_fault(&mut self, fault: Fault) {
        tracing::debug!(%fault, "closing a WebSocket");
        self.end_after_messages(Ending::Fault(fault));
    }

    /// Messages before a close frame or a fault, often of the same read, can still be answered.
    fn end_after_messages(&mut self, ending: Ending) {
        let is_answered = self.phase != Phase::Open || self.unread.is_empty();
        self.ending = Some(ending);
        if is_answered {
            self.on_ending();
        }
    }

    /// The ending comes into force, if there is one.
    pub(super) fn on_ending(&mut self) {
        if let Some(ending) = self.ending.take() {
            self.enter(ending);
        }
    }

    #[cold]
    fn enter(&mut self, ending: Ending) {
        match ending {
            Ending::Fault(fault) => {
                self.error = Some(Kind::Fault(fault).into());
                self.drain(Some(&CloseFrame::new(fault.close_code(), fault.reason())));
            }
            Ending::Close(frame) => {
                // The answer has the code that came; without one it is empty.
                let answer = frame.as_ref().map(|frame| CloseFrame::new(frame.code, ""));
                self.drain(answer.as_ref());
                self.close_frame = frame;
            }
        }
        // Another task may have received the last message.
        self.wake_driver();
    }

    /// Ends the connection now, without a close frame. Over HTTP/2, that resets its stream alone.
    pub(super) fn end(&mut self, kind: Kind) {
        if self.ending.is_some() {
            self.on_ending();
        } else if matches!(self.phase, Phase::Open | Phase::Closing) {
            let error = WebSocketError::from(kind);
            tracing::debug!(%error, "a WebSocket ended");
            self.error = Some(error);
        }
        self.gone();
    }

    /// Writes what is left, with a close frame unless one was sent, and discards what comes.
    pub(super) fn drain(&mut self, close: Option<&CloseFrame>) {
        if self.phase == Phase::Open {
            self.push_close(close);
        }
        if self.phase != Phase::Gone {
            self.phase = Phase::Draining;
        }
    }

    pub(super) fn push_close(&mut self, frame: Option<&CloseFrame>) {
        self.pong = None;
        let payload = frame.map(CloseFrame::payload).unwrap_or_default();
        self.output.push(Opcode::Close, false, payload.into());
    }

    /// Writes until nothing is left.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.write_pending {
            return Poll::Pending;
        }
        let poll = self.poll_write_all(cx);
        self.write_pending = poll.is_pending();
        match poll {
            Poll::Ready(Err(error)) => {
                self.end(Kind::Io(error));
                Poll::Ready(())
            }
            poll => poll.map(|_| ()),
        }
    }

    fn poll_write_all(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(io) = &mut self.io else {
            return Poll::Ready(Ok(()));
        };
        loop {
            if self.output.len() == 0 {
                let Some(pong) = self.pong.take() else {
                    break;
                };
                self.output.push(Opcode::Pong, false, pong);
            }
            let n = if self.output.is_vectored() && !self.output.is_one() {
                let mut slices = [IoSlice::new(&[]); SLICES];
                let filled = self.output.slices(&mut slices);
                ready!(Pin::new(&mut *io).poll_write_vectored(cx, &slices[..filled]))?
            } else {
                let mut bytes = self.output.first();
                if !self.output.is_vectored() {
                    bytes = &bytes[..bytes.len().min(UNVECTORED)];
                }
                ready!(Pin::new(&mut *io).poll_write(cx, bytes))?
            };
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.output.advance(n);
            self.activity.has_written = true;
            self.needs_flush = true;
        }
        if self.needs_flush {
            ready!(Pin::new(io).poll_flush(cx))?;
            self.needs_flush = false;
        }
        Poll::Ready(Ok(()))
    }
}
