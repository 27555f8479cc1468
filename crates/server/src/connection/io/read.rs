//! Reads of a connection, through the framing guard.

use std::{
    io, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};

use super::{Io, transport::with_stream};
use crate::framing::{Guard, INVALID_HEAD, Verdict};

/// How an HTTP/2 connection begins (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.passed.is_empty() {
            move_into(buf, &mut self.passed);
            return Poll::Ready(Ok(()));
        }
        if let Some(fault) = self.guard.fault() {
            return Poll::Ready(Err(fault.into()));
        }
        let before = buf.filled().len();
        if self.held.is_empty() || self.may_be_http2 {
            ready!(self.poll_past_preface(cx, buf))?;
        }
        if self.held.is_empty() {
            let passed = self.judge(&buf.filled()[before..])?;
            let rest = &buf.filled()[before + passed..];
            if !rest.is_empty() {
                self.held = Bytes::copy_from_slice(rest);
                buf.set_filled(before + passed);
            }
        } else {
            let mut held = mem::take(&mut self.held);
            // Recorded when hyper gets it, which has processed all before.
            self.state.activity.on_received();
            let length = held.len().min(buf.remaining());
            let passed = self.judge(&held[..length])?;
            buf.put_slice(&held.split_to(passed));
            self.held = held;
        }
        if buf.filled().len() == before {
            move_into(buf, &mut self.passed);
        }
        Poll::Ready(Ok(()))
    }
}

impl Io {
    fn poll_socket(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(with_stream!(&mut self.transport, stream => Pin::new(stream).poll_read(cx, buf)))?;
        if buf.filled().len() > before {
            self.state.activity.on_received();
        }
        Poll::Ready(Ok(()))
    }

    /// Reads from the socket, and holds what comes as long as it may be HTTP/2's preface.
    fn poll_past_preface(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        loop {
            ready!(self.poll_socket(cx, buf))?;
            if !self.may_be_http2 {
                return Poll::Ready(Ok(()));
            }
            let new = &buf.filled()[before..];
            let missing = &PREFACE[self.held.len()..];
            self.may_be_http2 =
                !new.is_empty() && new.len() < missing.len() && missing.starts_with(new);
            if new.starts_with(missing) {
                self.guard = Guard::off();
                self.state.activity.on_preface();
            }
            if !self.may_be_http2 && self.held.is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.held = [&self.held, new].concat().into();
            buf.set_filled(before);
            if !self.may_be_http2 {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// How many of these bytes hyper may have now.
    fn judge(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.guard.judge(bytes, &self.state.claims) {
            Verdict::Pass(passed) => Ok(passed),
            Verdict::RefuseHead(passed) => {
                self.passed = Bytes::from_static(INVALID_HEAD);
                Ok(passed)
            }
            Verdict::Refuse(0, fault) => Err(fault.into()),
            Verdict::Refuse(passed, _) => Ok(passed),
        }
    }
}

/// Moves as many bytes as there is space for.
fn move_into(buf: &mut ReadBuf<'_>, bytes: &mut Bytes) {
    let length = bytes.len().min(buf.remaining());
    buf.put_slice(&bytes.split_to(length));
}
