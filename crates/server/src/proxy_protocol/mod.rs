//! PROXY protocol: a balancer sends the client address in a header in front of the connection's
//! bytes.

mod header;

use std::{
    collections::HashSet,
    io,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use squall_peers::{Peer, TrustedProxies};

pub use self::header::{ProxyHeader, ProxyHeaderError};
use crate::{Address, stream::Stream};

/// How many peers are logged, and remembered for that, after they were refused: they can fill
/// neither the memory nor the disk.
const MAX_LOGGED: usize = 1024;

/// How many bytes are peeked at once. A header without TLVs has at most 232.
const CHUNK: usize = 512;

/// Reads the headers of all connections of a server, and refuses peers that are no trusted proxy.
#[derive(Debug)]
pub(crate) struct ProxyProtocol {
    proxies: TrustedProxies,
    /// Peers that are not trusted, and proxies without a header.
    logged: Mutex<HashSet<Option<IpAddr>>>,
}

impl ProxyProtocol {
    pub(crate) fn new(proxies: TrustedProxies) -> Self {
        Self {
            proxies,
            logged: Mutex::default(),
        }
    }

    /// Reads the header from a connection that `peer` has opened, and nothing behind it. `None`
    /// means that the connection is refused, and that this is logged.
    pub(crate) async fn read_header(
        &self,
        stream: &mut Stream,
        peer: &Address,
    ) -> Option<ProxyHeader> {
        let is_trusted = self
            .proxies
            .trusts(peer.tcp().map_or(Peer::Unix, Peer::Tcp));
        if !is_trusted {
            if self.is_first(peer) {
                tracing::warn!(%peer, "refused a connection, since its peer is none of the proxies");
            }
            return None;
        }
        match read(stream).await {
            Ok(header) => Some(header),
            Err(error) => {
                // A health check of a balancer may connect and send nothing.
                if error.kind() == io::ErrorKind::UnexpectedEof {
                    tracing::debug!(%peer, "a proxy closed before the end of its header");
                } else if self.is_first(peer) {
                    tracing::warn!(%peer, %error, "refused a connection of a proxy");
                }
                None
            }
        }
    }

    /// Whether nothing was logged of this peer before.
    fn is_first(&self, peer: &Address) -> bool {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        logged.len() < MAX_LOGGED && logged.insert(peer.tcp().map(|peer| peer.ip()))
    }
}

async fn read(stream: &mut Stream) -> io::Result<ProxyHeader> {
    let mut header = Vec::new();
    let mut space = [0; CHUNK];
    loop {
        let before = header.len();
        let here = stream.peek(&mut space).await?;
        header.extend_from_slice(&space[..here]);
        let parsed = ProxyHeader::parse(&header)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        // As long as the header has no end, all that came is its own. So nothing is taken that
        // would have to be given back to TLS or HTTP.
        let own = parsed.as_ref().map_or(here, |(_, length)| length - before);
        stream.take(&mut space[..own]).await?;
        match parsed {
            Some((header, _)) => return Ok(header),
            None if here == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            None => {}
        }
    }
}
