//! The values of one forwarding header of a trusted peer.

use http::HeaderMap;
use squall_peers::parse_port;

use crate::{
    ClientAddr, Header, Host, Peer, Scheme, XHeaders,
    client_addr::Node,
    forwarded::{Element, parse_value},
    header::Kind,
    list::elements_from_end,
};

#[derive(Default)]
pub(crate) struct Statement {
    pub(crate) addr: Option<ClientAddr>,
    /// Whether the header names a hop without its address: malformed, `unknown`, obfuscated or a
    /// unix socket.
    pub(crate) hides_addr: bool,
    pub(crate) scheme: Option<Scheme>,
    pub(crate) host: Option<Host>,
    pub(crate) port: Option<u16>,
    /// Whether a value that would have counted is malformed.
    pub(crate) is_malformed: bool,
}

impl Statement {
    pub(crate) fn read(settings: &XHeaders, headers: &HeaderMap, header: Header) -> Self {
        let mut elements = elements_from_end(headers, header.name());
        let mut statement = Self::default();
        match header.kind() {
            Kind::Elements => return Self::forwarded(settings, elements),
            Kind::Chain => return Self::chain(settings, elements),
            // Not lists by definition. If a proxy appended to one, its own value is the last.
            Kind::PeerAddress | Kind::ClientAddress => {
                return Self::chain(settings, elements.take(1));
            }
            Kind::Scheme => {
                statement.scheme = value(elements.next(), Scheme::parse);
                statement.is_malformed = statement.scheme.is_none();
            }
            Kind::Host => {
                statement.host = value(elements.next(), Host::parse);
                statement.is_malformed = statement.host.is_none();
            }
            Kind::Port => {
                statement.port = value(elements.next(), parse_port);
                statement.is_malformed = statement.port.is_none();
            }
        }
        statement
    }

    fn chain<'a>(settings: &XHeaders, elements: impl Iterator<Item = &'a [u8]>) -> Self {
        let nodes = elements.map(|element| value(Some(element), Node::parse));
        let (addr, last) = walk(settings, nodes, |node| *node);
        Self {
            addr,
            hides_addr: addr.is_none(),
            is_malformed: last == Some(None),
            ..Self::default()
        }
    }

    /// Scheme and host come from the same element as the address.
    fn forwarded<'a>(settings: &XHeaders, elements: impl Iterator<Item = &'a [u8]>) -> Self {
        let elements = elements.map(Element::parse);
        let (addr, last) = walk(settings, elements, |element| {
            Node::parse(element.as_ref()?.node.as_deref()?)
        });
        let Some(last) = last.flatten() else {
            return Self {
                addr,
                hides_addr: true,
                is_malformed: true,
                ..Self::default()
            };
        };
        let node = last.node.as_deref().map(Node::parse);
        let scheme = last.proto.as_deref().map(Scheme::parse);
        let host = last.host.as_deref().map(Host::parse);
        Self {
            addr,
            hides_addr: addr.is_none() && last.node.is_some(),
            is_malformed: node == Some(None) || scheme == Some(None) || host == Some(None),
            scheme: scheme.flatten(),
            host: host.flatten(),
            port: None,
        }
    }
}

/// Walks from hop to hop towards the client, as long as the reached hop is trusted. Returns the
/// address of the hop where the walk ends, if it has a well-formed one, and its element.
fn walk<T>(
    settings: &XHeaders,
    elements: impl Iterator<Item = T>,
    node: impl Fn(&T) -> Option<Node>,
) -> (Option<ClientAddr>, Option<T>) {
    let mut addr = None;
    let mut last = None;
    for (passed, element) in elements.enumerate() {
        let node = node(&element);
        addr = match node {
            Some(Node::Addr(addr)) => Some(addr),
            _ => None,
        };
        let is_trusted = match (settings.hops, node) {
            (Some(hops), _) => passed + 1 < hops,
            (None, Some(Node::Addr(addr))) => settings.trusted.trusts_ip(addr.ip()),
            (None, Some(Node::Unix)) => settings.trusted.trusts(Peer::Unix),
            (None, Some(Node::Hidden) | None) => false,
        };
        last = Some(element);
        if !is_trusted {
            break;
        }
    }
    (addr, last)
}

/// Parses an element that may be in quotation marks.
fn value<T>(element: Option<&[u8]>, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    let text = std::str::from_utf8(element?).ok()?;
    parse(&parse_value(text)?)
}
