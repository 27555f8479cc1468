//! The side of the handles: receiving, sending, closing.

use std::{
    collections::VecDeque,
    task::{Context, Poll},
};

use super::{Connection, Phase, Wanted, io::OVERHEAD};
use crate::{
    Message, WebSocketError,
    codec::{CloseCode, CloseFrame, Opcode},
    error::Kind,
};

impl Connection {
    pub(crate) fn poll_recv(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Message, WebSocketError>>> {
        loop {
            if let Some(message) = self.unread.pop_front() {
                let was_paused = !self.wants_input();
                self.unread_len -= message.as_bytes().len() + OVERHEAD;
                if self.unread.is_empty() && self.unread.capacity() > 4 {
                    self.unread = VecDeque::new();
                }
                if was_paused && self.wants_input() {
                    self.wake_driver();
                }
                return Poll::Ready(Some(Ok(message)));
            }
            self.on_ending();
            if let Some(error) = self.error.take() {
                return Poll::Ready(Some(Err(error)));
            }
            if matches!(self.phase, Phase::Draining | Phase::Gone) {
                return Poll::Ready(None);
            }
            // Another task waits for the driver, which reads for it.
            if !self.is_driving || self.read_pending {
                break;
            }
            self.read_pending = self.with_driver(Self::poll_read).is_pending();
        }
        if !self
            .receiver
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            self.receiver = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    pub(crate) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WebSocketError>> {
        if self.phase != Phase::Open {
            return Poll::Ready(Err(Kind::Closed.into()));
        }
        if !self.has_room() {
            self.write_now();
            if self.phase == Phase::Open && !self.has_room() {
                return self.wait(Wanted::Room, cx);
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Sends a message, for which there is room.
    pub(crate) fn send(&mut self, message: Message) -> Result<(), WebSocketError> {
        if self.phase != Phase::Open {
            return Err(Kind::Closed.into());
        }
        let opcode = match message {
            Message::Text(_) => Opcode::Text,
            Message::Binary(_) => Opcode::Binary,
        };
        match &mut self.coder {
            Some(coder) if coder.is_worth(message.as_bytes().len()) => {
                let compressed = coder.compress(message.as_bytes());
                self.output.push(opcode, true, compressed.into());
            }
            _ => self.output.push(opcode, false, message.into_bytes()),
        }
        // Within a turn, the driver writes all that the handler has sent at once.
        if !self.is_driving {
            self.write_now();
        }
        Ok(())
    }

    pub(crate) fn try_send(&mut self, message: Message) -> Result<(), WebSocketError> {
        if self.phase == Phase::Open && !self.has_room() {
            self.write_now();
            if self.phase == Phase::Open && !self.has_room() {
                return Err(Kind::Full.into());
            }
        }
        self.send(message)
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WebSocketError>> {
        self.write_now();
        if self.phase == Phase::Gone {
            return Poll::Ready(Err(Kind::Closed.into()));
        }
        if self.is_flushed() {
            return Poll::Ready(Ok(()));
        }
        self.wait(Wanted::Flushed, cx)
    }

    /// Waits for the end of the close handshake.
    pub(crate) fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WebSocketError>> {
        if matches!(self.phase, Phase::Draining | Phase::Gone) {
            return Poll::Ready(self.error.take().map_or(Ok(()), Err));
        }
        self.wait(Wanted::Closed, cx)
    }

    /// Sends a close frame, unless one was sent.
    pub(crate) fn start_close(&mut self, code: CloseCode, reason: &str) {
        if self.phase == Phase::Open {
            self.push_close(Some(&CloseFrame::new(code, reason)));
            self.phase = Phase::Closing;
            self.wake_driver();
        }
    }

    /// Discards messages from now on: there is no receiver, or it waits for the close frame.
    pub(crate) fn discard(&mut self) {
        self.discards = true;
        self.unread = VecDeque::new();
        self.unread_len = 0;
        self.on_ending();
        self.wake_driver();
    }

    pub(crate) fn close_frame(&self) -> Option<&CloseFrame> {
        self.close_frame.as_ref()
    }
}
