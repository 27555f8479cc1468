//! Who the client is: from the connection, the headers and the settings, as a pure value.

use http::Request;

use crate::{
    Client, ClientAddr, Connection, Contradiction, Contradictions, Header, Host, Scheme, XHeaders,
    header::Found, statement::Statement,
};

/// The client, and what the log should hear of how it was found.
pub(crate) struct Decision {
    pub(crate) client: Result<Client, Contradiction>,
    pub(crate) remark: Option<Remark>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remark {
    /// A peer that is not trusted sent this header.
    Untrusted(Header),
    /// A trusted peer sent this header, and it cannot be read.
    Unreadable(Header),
    /// Headers of a trusted peer contradict each other.
    Contradiction(Contradiction),
}

pub(crate) fn decide<B>(
    settings: &XHeaders,
    connection: Option<Connection>,
    request: &Request<B>,
    found: Found,
) -> Decision {
    let mut client = Client::direct(connection, request.uri(), request.headers());
    let mut headers = settings.headers_in(found).peekable();
    let Some(&first) = headers.peek() else {
        return Decision {
            client: Ok(client),
            remark: None,
        };
    };
    if !is_trusted(settings, connection) {
        return Decision {
            client: Ok(client),
            remark: Some(Remark::Untrusted(first)),
        };
    }
    let mut statements = Statements::default();
    for header in headers {
        let statement = Statement::read(settings, request.headers(), header);
        statements.add(settings, header, statement);
    }
    statements.join_port();
    let contradiction = statements.contradiction;
    let remark = (contradiction.map(Remark::Contradiction))
        .or(statements.unreadable.map(Remark::Unreadable));
    let client = match contradiction {
        Some(contradiction) if settings.contradictions == Contradictions::Refuse => {
            Err(contradiction)
        }
        _ => {
            statements.tell(&mut client);
            Ok(client)
        }
    };
    Decision { client, remark }
}

fn is_trusted(settings: &XHeaders, connection: Option<Connection>) -> bool {
    let peer = connection.map(|connection| connection.peer);
    settings.hops != Some(0) && peer.is_some_and(|peer| settings.trusted.trusts(peer))
}

/// What all headers say together, and which of them said it first.
#[derive(Default)]
struct Statements {
    addr: Option<(ClientAddr, Header)>,
    /// Whether `addr` is that of a trusted proxy.
    is_proxy: bool,
    scheme: Option<(Scheme, Header)>,
    host: Option<(Host, Header)>,
    port: Option<(u16, Header)>,
    contradiction: Option<Contradiction>,
    unreadable: Option<Header>,
}

impl Statements {
    fn add(&mut self, settings: &XHeaders, header: Header, statement: Statement) {
        if let Some(addr) = statement.addr {
            self.add_addr(addr, header, settings.trusted.trusts_ip(addr.ip()));
        }
        let contradictions = [
            agree(&mut self.scheme, statement.scheme, header),
            agree(&mut self.host, statement.host, header),
            agree(&mut self.port, statement.port, header),
        ];
        self.contradiction = (self.contradiction).or(contradictions.into_iter().flatten().next());
        if statement.is_unreadable {
            self.unreadable.get_or_insert(header);
        }
    }

    /// Where one header names a trusted proxy and another who is behind it, both are right.
    fn add_addr(&mut self, addr: ClientAddr, header: Header, is_proxy: bool) {
        match self.addr {
            Some((first, by)) if !self.is_proxy => {
                if !is_proxy && first.ip() != addr.ip() {
                    self.contradiction
                        .get_or_insert(Contradiction([by, header]));
                }
            }
            Some(_) if is_proxy => {}
            _ => {
                self.addr = Some((addr, header));
                self.is_proxy = is_proxy;
            }
        }
    }

    /// Gives the host the port of `X-Forwarded-Port`, if it has no other.
    fn join_port(&mut self) {
        let (Some((host, by)), Some((port, header))) = (&mut self.host, self.port) else {
            return;
        };
        match host.port() {
            None => *host = host.with_port(port),
            Some(own) if own != port => {
                self.contradiction
                    .get_or_insert(Contradiction([*by, header]));
            }
            Some(_) => {}
        }
    }

    /// Puts what the headers say in the place of what the connection and the request say.
    fn tell(self, client: &mut Client) {
        if let Some((addr, _)) = self.addr {
            client.addr = Some(addr);
        }
        if let Some((scheme, _)) = self.scheme {
            client.scheme = scheme;
        }
        match (self.host, self.port) {
            (Some((host, _)), _) => client.host = Some(host),
            (None, Some((port, _))) => {
                client.host = client.host.take().map(|host| host.with_port(port));
            }
            (None, None) => {}
        }
    }
}

/// Keeps the first value; tells if another one is not the same.
fn agree<T: PartialEq>(
    first: &mut Option<(T, Header)>,
    value: Option<T>,
    header: Header,
) -> Option<Contradiction> {
    let value = value?;
    match first {
        Some((first, by)) => (*first != value).then_some(Contradiction([*by, header])),
        None => {
            *first = Some((value, header));
            None
        }
    }
}
