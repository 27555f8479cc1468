//! The transport of a connection: a socket, or TLS over one.

use crate::{
    stream::Stream,
    tls::{TlsStream, socket_of},
};

/// The transport of a connection.
#[derive(Debug)]
pub(crate) enum Transport {
    Plain(Stream),
    Tls(TlsStream),
}

/// Evaluates an expression with the stream of either transport. A trait object would keep the
/// compiler from inlining it.
macro_rules! with_stream {
    ($transport:expr, $stream:ident => $act:expr) => {
        match $transport {
            $crate::connection::Transport::Plain($stream) => $act,
            $crate::connection::Transport::Tls($stream) => $act,
        }
    };
}
pub(super) use with_stream;

impl Transport {
    /// Returns the socket under it all.
    pub(super) fn socket(&mut self) -> &mut Stream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => socket_of(stream),
        }
    }
}
