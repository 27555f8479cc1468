//! What the log hears of headers that were not believed: once for each peer.

use std::{
    collections::HashSet,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use http::HeaderMap;

use crate::{Header, Peer, decide::Remark};

/// So many peers are remembered, and logged, of each kind; what the rest send is not logged. Clients without
/// trust, who may be anybody, can neither fill the memory nor the disk.
const MAX_PEERS: usize = 1024;

#[derive(Debug, Default)]
pub(crate) struct Log {
    untrusted: Peers,
    unreadable: Peers,
    contradictory: Peers,
}

impl Log {
    pub(crate) fn hear(&self, remark: Remark, peer: Option<Peer>, headers: &HeaderMap) {
        let peers = match remark {
            Remark::Untrusted(_) => &self.untrusted,
            Remark::Unreadable(_) => &self.unreadable,
            Remark::Contradiction(_) => &self.contradictory,
        };
        let ip = peer.and_then(|peer| peer.ip());
        if !peers.is_new(ip) {
            return;
        }
        let peer = match (ip, peer) {
            (Some(ip), _) => ip.to_string(),
            (None, Some(_)) => "unix:".to_owned(),
            (None, None) => "unknown".to_owned(),
        };
        match remark {
            Remark::Untrusted(header) => tracing::warn!(
                %peer,
                %header,
                value = end(headers, header),
                "ignored a forwarding header, since its sender is not a trusted proxy"
            ),
            Remark::Unreadable(header) => tracing::warn!(
                %peer,
                %header,
                value = end(headers, header),
                "cannot read the forwarding header of a trusted proxy"
            ),
            Remark::Contradiction(contradiction) => {
                let [first, second] = contradiction.headers();
                tracing::warn!(
                    %peer,
                    header = %first,
                    value = end(headers, first),
                    other_header = %second,
                    other_value = end(headers, second),
                    "forwarding headers of a trusted proxy contradict each other"
                );
            }
        }
    }
}

/// The end of a header's last line, escaped.
fn end(headers: &HeaderMap, header: Header) -> String {
    let line = headers.get_all(header.name()).into_iter().next_back();
    let line = line.map_or(&b""[..], |line| line.as_bytes());
    let end = &line[line.len().saturating_sub(100)..];
    end.escape_ascii().to_string()
}

/// Peers that were met before.
#[derive(Debug, Default)]
struct Peers(Mutex<HashSet<Option<IpAddr>>>);

impl Peers {
    fn is_new(&self, ip: Option<IpAddr>) -> bool {
        let mut met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        met.len() < MAX_PEERS && met.insert(ip)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::{MAX_PEERS, Peers};

    #[test]
    fn each_peer_is_new_once_and_memory_is_bounded() {
        let peers = Peers::default();
        let ip = |n: usize| Some(Ipv4Addr::from_bits(u32::try_from(n).unwrap()).into());
        assert!(peers.is_new(None));
        assert!(!peers.is_new(None));
        for n in 1..MAX_PEERS {
            assert!(peers.is_new(ip(n)), "{n}");
            assert!(!peers.is_new(ip(n)), "{n}");
        }
        assert!(!peers.is_new(ip(MAX_PEERS)));
        assert_eq!(peers.0.lock().unwrap().len(), MAX_PEERS);
    }
}
