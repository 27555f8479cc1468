//! Log lines for headers that are ignored, malformed or contradictory: one for each peer.

use std::{
    collections::HashSet,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use http::HeaderMap;

use crate::{Contradiction, Header, Peer, decide::Remark, header::Kind};

/// The number of peers that are remembered and logged, of each kind, so that untrusted peers can
/// fill neither memory nor disk.
const MAX_PEERS: usize = 1024;

#[derive(Debug, Default)]
pub(crate) struct Log {
    untrusted: LoggedPeers,
    malformed: LoggedPeers,
    contradictory: LoggedPeers,
}

impl Log {
    pub(crate) fn record(&self, remark: Remark, peer: Option<Peer>, headers: &HeaderMap) {
        let peers = match remark {
            Remark::Untrusted(_) => &self.untrusted,
            Remark::Malformed(_) => &self.malformed,
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
                "ignored a forwarding header of a peer that is not a trusted proxy"
            ),
            Remark::Malformed(header) => tracing::warn!(
                %peer,
                %header,
                value = end(headers, header),
                "malformed forwarding header of a trusted proxy"
            ),
            Remark::Contradiction(contradiction) => {
                let [first, second] = contradiction.headers();
                tracing::warn!(
                    %peer,
                    header = %first,
                    value = end(headers, first),
                    other_header = %second,
                    other_value = end(headers, second),
                    advice = advice(contradiction),
                    "forwarding headers of a trusted proxy contradict each other"
                );
            }
        }
    }
}

/// Returns the two ways out: read only the headers that the proxy sets, or let it set both.
fn advice(contradiction: Contradiction) -> &'static str {
    match contradiction.headers().map(Header::kind) {
        [
            Kind::Chain | Kind::PeerAddress,
            Kind::Chain | Kind::PeerAddress,
        ] => {
            "the client's address is unknown: use XHeaders::nginx() if the proxy sets X-Real-IP only, \
             XHeaders::haproxy() if it sets X-Forwarded-For only, or let it set both"
        }
        [Kind::Scheme, Kind::Scheme] => {
            "the scheme is unknown: use XHeaders::nginx() if the proxy sets X-Scheme only, \
             XHeaders::haproxy() if it sets X-Forwarded-Proto only, or let it set both"
        }
        _ => "name only the headers that the proxy sets in XHeaders::headers, or let it set both",
    }
}

/// The end of a header's last line, escaped.
fn end(headers: &HeaderMap, header: Header) -> String {
    let line = headers.get_all(header.name()).into_iter().next_back();
    let line = line.map_or(&b""[..], |line| line.as_bytes());
    let end = &line[line.len().saturating_sub(100)..];
    end.escape_ascii().to_string()
}

/// Peers that were logged before.
#[derive(Debug, Default)]
struct LoggedPeers(Mutex<HashSet<Option<IpAddr>>>);

impl LoggedPeers {
    fn is_new(&self, ip: Option<IpAddr>) -> bool {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        logged.len() < MAX_PEERS && logged.insert(ip)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::{LoggedPeers, MAX_PEERS};

    #[test]
    fn each_peer_is_new_once_and_the_set_is_bounded() {
        let peers = LoggedPeers::default();
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
