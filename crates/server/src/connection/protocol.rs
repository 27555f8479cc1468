//! The protocol of a connection, and the ways from one to the next.

use std::{cell::RefCell, mem, sync::Arc};

use bytes::Bytes;

use super::{
    handshake::{Established, HandshakeFuture},
    http1::Http1,
    http2::Http2,
    io::Io,
    parked::Parked,
};
use crate::{
    Serve,
    request::{Adapter, KnownHost},
    state::ConnectionState,
};

#[expect(
    clippy::large_enum_variant,
    reason = "the large one is the common one, and its task is allocated anyway"
)]
pub(super) enum Protocol<S: Serve> {
    /// None yet: the service waits.
    Handshake(HandshakeFuture, S),
    Http1(Http1<S>),
    /// HTTP/1.1, idle.
    Parked(Parked<S>),
    Http2(Http2<S>),
    Ended,
}

impl<S: Serve> Protocol<S> {
    pub(super) fn begin(
        established: Established,
        service: S,
        state: &Arc<ConnectionState>,
    ) -> Self {
        let adapter = Adapter {
            service: RefCell::new(service),
            info: established.info,
            state: Arc::clone(state),
            known_host: KnownHost::default(),
        };
        if established.is_http2 {
            Self::http2(established.io, adapter)
        } else {
            Self::Http1(Http1::begin(established.io, adapter))
        }
    }

    pub(super) fn http2(mut io: Io, adapter: Adapter<S>) -> Self {
        let state = Arc::clone(&adapter.state);
        io.set_http2();
        state.files.set_open(false);
        state.activity.on_multiplexed();
        Self::Http2(Http2::begin(io, adapter))
    }

    /// Drops hyper's part of an idle HTTP/1.1 connection, until the client sends something.
    pub(super) fn park(&mut self) {
        if let Self::Http1(_) = self
            && let Some((mut io, read, adapter)) = self.take_http1()
        {
            io.unread(read);
            *self = Self::Parked(Parked::new(io, adapter));
        }
    }

    /// Starts hyper again on a parked connection.
    pub(super) fn resume(&mut self) {
        *self = match mem::replace(self, Self::Ended) {
            Self::Parked(parked) => Self::Http1(parked.resume()),
            other => other,
        };
    }

    /// Ends HTTP/1.1 where nothing is in flight, and returns the socket, the bytes that were read
    /// and not parsed, and the service.
    pub(super) fn take_http1(&mut self) -> Option<(Io, Bytes, Adapter<S>)> {
        match mem::replace(self, Self::Ended) {
            Self::Http1(http1) => http1.into_parts(),
            Self::Handshake(..) | Self::Parked(_) | Self::Http2(_) | Self::Ended => None,
        }
    }
}
