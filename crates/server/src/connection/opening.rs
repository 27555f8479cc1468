//! Connection setup before HTTP: the PROXY protocol header, then the TLS handshake.

use std::{future::poll_fn, io, pin::Pin, sync::Arc};

use tokio::io::AsyncWrite;

use super::io::{Io, Transport};
use crate::{
    ConnectionInfo,
    proxy_protocol::{Gate, ProxyHeader},
    state::ConnectionState,
    stop::OpenConnection,
    stream::Stream,
    tls::Secure,
};

/// The response to plain HTTP on a TLS port.
const SPEAK_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\
    content-type: text/plain\r\ncontent-length: 23\r\n\r\nthis port speaks HTTPS\n";

/// Opens the connections of one listener. Most have nothing before HTTP.
#[derive(Clone, Debug)]
pub(crate) struct Opener {
    pub(crate) gate: Option<Arc<Gate>>,
    pub(crate) secure: Option<Arc<Secure>>,
}

/// A connection on which HTTP begins.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) io: Io,
    pub(crate) info: ConnectionInfo,
    /// Both sides have agreed on HTTP/2; else it may still turn out to be that.
    pub(crate) is_http2: bool,
}

/// Ends with `None` if the connection is refused. It has no deadline of its own.
pub(crate) type Opening = Pin<Box<dyn Future<Output = Option<Opened>> + Send>>;

impl Opened {
    pub(crate) fn plain(io: Io, info: ConnectionInfo) -> Self {
        Self {
            io,
            info,
            is_http2: false,
        }
    }
}

impl Opener {
    pub(crate) fn has_nothing_to_do(&self) -> bool {
        self.gate.is_none() && self.secure.is_none()
    }

    pub(crate) fn open(
        &self,
        mut stream: Stream,
        info: ConnectionInfo,
        state: Arc<ConnectionState>,
        open: OpenConnection,
    ) -> Opening {
        let Self { gate, secure } = self.clone();
        Box::pin(async move {
            let client = match gate {
                Some(gate) => match gate.pass(&mut stream, info.peer()).await? {
                    ProxyHeader::Proxied(client) => Some(client),
                    ProxyHeader::Local => None,
                },
                None => None,
            };
            let info = info.behind(client);
            let Some(secure) = secure else {
                let io = Io::new(Transport::Plain(stream), state, open);
                return Some(Opened::plain(io, info));
            };
            if is_plain_http(&stream).await.ok()? {
                tracing::debug!(peer = %info.peer(), "refused plain HTTP");
                let mut io = Io::new(Transport::Plain(stream), state, open);
                io.send_at_once(SPEAK_TLS);
                // Lingers, so that the client can read it.
                let _ = poll_fn(|cx| Pin::new(&mut io).poll_shutdown(cx)).await;
                return None;
            }
            let (stream, tls) = secure.accept(stream, info.peer(), &state).await?;
            Some(Opened {
                is_http2: tls.is_http2(),
                info: info.encrypted(tls),
                io: Io::new(Transport::Tls(stream), state, open),
            })
        })
    }
}

/// Methods begin with a letter, and nothing that TLS begins with is one (RFC 8446, 5.1).
async fn is_plain_http(stream: &Stream) -> io::Result<bool> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    Ok(first[0].is_ascii_alphabetic())
}
