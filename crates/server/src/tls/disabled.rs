//! Stand-in for `tls` without that feature: types without a value, so the compiler removes all that
//! uses them.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{Address, Handle, StartError, state::ConnectionState, stream::Stream};

#[derive(Clone, Debug)]
pub(crate) enum Tls {}

#[derive(Debug)]
pub(crate) enum TlsAcceptor {}

#[derive(Clone, Debug)]
pub(crate) enum TlsInfo {}

#[derive(Debug)]
pub(crate) enum TlsStream {}

impl Tls {
    pub(crate) fn check(&self) -> Result<(), StartError> {
        match *self {}
    }
}

impl TlsAcceptor {
    pub(crate) fn load(tls: &Tls) -> Result<Self, StartError> {
        match *tls {}
    }

    pub(crate) async fn watch(self: Arc<Self>, _: Handle) {
        match *self {}
    }

    pub(crate) async fn accept(
        &self,
        _: Stream,
        _: &Address,
        _: &Arc<ConnectionState>,
    ) -> Option<(TlsStream, TlsInfo)> {
        match *self {}
    }
}

impl TlsInfo {
    pub(crate) fn is_http2(&self) -> bool {
        match *self {}
    }
}

pub(crate) fn socket_of(stream: &mut TlsStream) -> &mut Stream {
    match *stream {}
}

impl AsyncRead for TlsStream {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match *self {}
    }
}

impl AsyncWrite for TlsStream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        match *self {}
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match *self {}
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match *self {}
    }
}
