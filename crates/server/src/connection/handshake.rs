//! Handshakes before HTTP: the PROXY protocol header, then TLS.

use std::{future::poll_fn, io, pin::Pin, sync::Arc};

use tokio::io::AsyncWrite;

use super::io::{Io, Transport};
use crate::{
    ConnectionInfo, StartError,
    proxy_protocol::{ProxyHeader, ProxyProtocol},
    state::ConnectionState,
    stop::OpenConnection,
    stream::Stream,
    tls::{Tls, TlsAcceptor},
};

/// The response to plain HTTP on a TLS port.
const SPEAK_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\
    content-type: text/plain\r\ncontent-length: 23\r\n\r\nthis port speaks HTTPS\n";

/// The handshakes of one listener's connections. Most listeners have none.
#[derive(Clone, Debug)]
pub(crate) struct Handshake {
    pub(crate) proxy_protocol: Option<Arc<ProxyProtocol>>,
    pub(crate) tls: Option<Arc<TlsAcceptor>>,
}

/// A connection on which HTTP begins.
#[derive(Debug)]
pub(crate) struct Established {
    pub(crate) io: Io,
    pub(crate) info: ConnectionInfo,
    /// Both sides have agreed on HTTP/2; else it may still turn out to be that.
    pub(crate) is_http2: bool,
}

/// Ends with `None` if the connection is refused. It has no deadline of its own.
pub(crate) type HandshakeFuture = Pin<Box<dyn Future<Output = Option<Established>> + Send>>;

impl Handshake {
    /// Reads the certificates of an address with TLS.
    pub(crate) fn load(
        proxy_protocol: Option<Arc<ProxyProtocol>>,
        tls: Option<&Tls>,
    ) -> Result<Self, StartError> {
        let acceptor = tls.map(TlsAcceptor::load).transpose()?;
        Ok(Self {
            proxy_protocol,
            tls: acceptor.map(Arc::new),
        })
    }

    /// Whether anything comes before HTTP.
    pub(crate) fn is_needed(&self) -> bool {
        self.proxy_protocol.is_some() || self.tls.is_some()
    }

    pub(crate) fn start(
        &self,
        mut stream: Stream,
        info: ConnectionInfo,
        state: Arc<ConnectionState>,
        open: OpenConnection,
    ) -> HandshakeFuture {
        let Self {
            proxy_protocol,
            tls,
        } = self.clone();
        Box::pin(async move {
            let client = match proxy_protocol {
                Some(protocol) => match protocol.read_header(&mut stream, info.peer()).await? {
                    ProxyHeader::Proxied(client) => Some(client),
                    ProxyHeader::Local => None,
                },
                None => None,
            };
            let info = info.behind(client);
            let Some(acceptor) = tls else {
                let io = Io::new(Transport::Plain(stream), state, open);
                return Some(Established::plain(io, info));
            };
            if is_plain_http(&stream).await.ok()? {
                tracing::debug!(peer = %info.peer(), "refused plain HTTP");
                let mut io = Io::new(Transport::Plain(stream), state, open);
                io.send_at_once(SPEAK_TLS);
                // Lingers, so that the client can read it.
                let _ = poll_fn(|cx| Pin::new(&mut io).poll_shutdown(cx)).await;
                return None;
            }
            let (stream, tls) = acceptor.accept(stream, info.peer(), &state).await?;
            Some(Established {
                is_http2: tls.is_http2(),
                info: info.encrypted(tls),
                io: Io::new(Transport::Tls(stream), state, open),
            })
        })
    }
}

impl Established {
    /// Returns a connection without TLS.
    pub(crate) fn plain(io: Io, info: ConnectionInfo) -> Self {
        Self {
            io,
            info,
            is_http2: false,
        }
    }
}

/// Methods begin with a letter, and nothing that TLS begins with is one (RFC 8446, 5.1).
async fn is_plain_http(stream: &Stream) -> io::Result<bool> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    Ok(first[0].is_ascii_alphabetic())
}
