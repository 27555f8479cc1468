//! What one header of a trusted peer says.

use http::HeaderMap;
use squall_peers::parse_port;

use crate::{
    ClientAddr, Header, Host, Peer, Scheme, XHeaders,
    client_addr::Node,
    forwarded::{Element, parse_value},
    list::elements_from_end,
};

#[derive(Default)]
pub(crate) struct Statement {
    pub(crate) addr: Option<ClientAddr>,
    pub(crate) scheme: Option<Scheme>,
    pub(crate) host: Option<Host>,
    pub(crate) port: Option<u16>,
    /// Whether something was said that could not be read.
    pub(crate) is_unreadable: bool,
}

impl Statement {
    pub(crate) fn read(settings: &XHeaders, headers: &HeaderMap, header: Header) -> Self {
        let mut elements = elements_from_end(headers, header.name());
        let mut statement = Self::default();
        match header {
            Header::Forwarded => return Self::forwarded(settings, elements),
            Header::XForwardedFor => return Self::chain(settings, elements),
            // The others are no lists. If a proxy made one, its own is the last.
            Header::XRealIp => return Self::chain(settings, elements.take(1)),
            Header::XForwardedProto | Header::XScheme => {
                statement.scheme = value(elements.next(), Scheme::parse);
                statement.is_unreadable = statement.scheme.is_none();
            }
            Header::XForwardedHost => {
                statement.host = value(elements.next(), Host::parse);
                statement.is_unreadable = statement.host.is_none();
            }
            Header::XForwardedPort => {
                statement.port = value(elements.next(), parse_port);
                statement.is_unreadable = statement.port.is_none();
            }
        }
        statement
    }

    fn chain<'a>(settings: &XHeaders, elements: impl Iterator<Item = &'a [u8]>) -> Self {
        let nodes = elements.map(|element| value(Some(element), Node::parse));
        let (addr, last) = walk(settings, nodes, |node| *node);
        Self {
            addr,
            is_unreadable: last == Some(None),
            ..Self::default()
        }
    }

    /// The scheme and the host are those that the same hop tells which tells the address.
    fn forwarded<'a>(settings: &XHeaders, elements: impl Iterator<Item = &'a [u8]>) -> Self {
        let elements = elements.map(Element::parse);
        let (addr, last) = walk(settings, elements, |element| {
            Node::parse(element.as_ref()?.node.as_deref()?)
        });
        let Some(last) = last.flatten() else {
            return Self {
                addr,
                is_unreadable: true,
                ..Self::default()
            };
        };
        let node = last.node.as_deref().map(Node::parse);
        let scheme = last.proto.as_deref().map(Scheme::parse);
        let host = last.host.as_deref().map(Host::parse);
        Self {
            addr,
            is_unreadable: node == Some(None) || scheme == Some(None) || host == Some(None),
            scheme: scheme.flatten(),
            host: host.flatten(),
            port: None,
        }
    }
}

/// Goes from hop to hop towards the client, as long as the hop that has been reached is trusted. Gives the
/// last address on the way that could be read, and the element at the end of the way.
fn walk<T>(
    settings: &XHeaders,
    elements: impl Iterator<Item = T>,
    node: impl Fn(&T) -> Option<Node>,
) -> (Option<ClientAddr>, Option<T>) {
    let mut addr = None;
    let mut last = None;
    for (passed, element) in elements.enumerate() {
        let node = node(&element);
        if let Some(Node::Addr(found)) = node {
            addr = Some(found);
        }
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

/// An element that may be in quotation marks.
fn value<T>(element: Option<&[u8]>, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    let text = std::str::from_utf8(element?).ok()?;
    parse(&parse_value(text)?)
}
