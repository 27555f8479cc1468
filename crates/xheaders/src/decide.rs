//! The client of a request: decided from the connection, the headers and the settings, as a pure
//! value.

use http::Request;

use crate::{
    Client, ClientAddr, ClientSource, Connection, Contradiction, Contradictions, Header, Host,
    Scheme, XHeaders, header::FoundHeaders, statement::Statement,
};

impl XHeaders {
    /// Returns the client of a request, without a layer.
    ///
    /// # Errors
    ///
    /// Returns two headers that contradict each other, with [`Contradictions::Refuse`].
    pub fn client<B>(
        &self,
        connection: Option<Connection>,
        request: &Request<B>,
    ) -> Result<Client, Contradiction> {
        let found = FoundHeaders::in_headers(request.headers());
        decide(self, connection, request, found).client
    }
}

/// The client, and what is logged of its headers.
pub(crate) struct Decision {
    pub(crate) client: Result<Client, Contradiction>,
    pub(crate) remark: Option<Remark>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remark {
    /// A peer that is not trusted sent this header.
    Untrusted(Header),
    /// A trusted peer sent this header, and it is malformed.
    Malformed(Header),
    /// Headers of a trusted peer contradict each other.
    Contradiction(Contradiction),
}

pub(crate) fn decide<B>(
    settings: &XHeaders,
    connection: Option<Connection>,
    request: &Request<B>,
    found: FoundHeaders,
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
    let contradiction = statements.contradiction();
    let remark =
        (contradiction.map(Remark::Contradiction)).or(statements.malformed.map(Remark::Malformed));
    let client = match contradiction {
        Some(contradiction) if settings.contradictions == Contradictions::Refuse => {
            Err(contradiction)
        }
        _ => {
            statements.apply(&mut client, settings.contradictions);
            Ok(client)
        }
    };
    Decision { client, remark }
}

fn is_trusted(settings: &XHeaders, connection: Option<Connection>) -> bool {
    let peer = connection.map(|connection| connection.peer);
    settings.hops != Some(0) && peer.is_some_and(|peer| settings.trusted.trusts(peer))
}

/// The headers of a request together. Each value is the first, by precedence, with its header.
#[derive(Default)]
struct Statements {
    addr: Agreed<ClientAddr>,
    /// Whether `addr` is that of a trusted proxy.
    is_proxy: bool,
    /// Whether a header names a hop without its address.
    hides_addr: bool,
    scheme: Agreed<Scheme>,
    host: Agreed<Host>,
    port: Agreed<u16>,
    malformed: Option<Header>,
}

/// The first value that a header has, and the first header that contradicts it.
struct Agreed<T> {
    first: Option<(T, Header)>,
    contradiction: Option<Contradiction>,
}

impl<T> Default for Agreed<T> {
    fn default() -> Self {
        Self {
            first: None,
            contradiction: None,
        }
    }
}

impl<T: PartialEq> Agreed<T> {
    fn add(&mut self, value: Option<T>, header: Header) {
        let Some(value) = value else {
            return;
        };
        match &self.first {
            Some((first, by)) if *first != value => self.contradict([*by, header]),
            Some(_) => {}
            None => self.first = Some((value, header)),
        }
    }

    fn contradict(&mut self, headers: [Header; 2]) {
        self.contradiction.get_or_insert(Contradiction(headers));
    }
}

impl Statements {
    fn add(&mut self, settings: &XHeaders, header: Header, statement: Statement) {
        if let Some(addr) = statement.addr {
            self.add_addr(addr, header, settings.trusted.trusts_ip(addr.ip()));
        }
        self.hides_addr |= statement.hides_addr;
        self.scheme.add(statement.scheme, header);
        self.host.add(statement.host, header);
        self.port.add(statement.port, header);
        if statement.is_malformed {
            self.malformed.get_or_insert(header);
        }
    }

    /// Where one header has the address of a trusted proxy and another that of the proxy's peer,
    /// both are right.
    fn add_addr(&mut self, addr: ClientAddr, header: Header, is_proxy: bool) {
        match self.addr.first {
            Some((first, by)) if !self.is_proxy => {
                if !is_proxy && first.ip() != addr.ip() {
                    self.addr.contradict([by, header]);
                }
            }
            Some(_) if is_proxy => {}
            _ => {
                self.addr.first = Some((addr, header));
                self.is_proxy = is_proxy;
            }
        }
    }

    /// Gives the host the port of `X-Forwarded-Port`, if it has no other.
    fn join_port(&mut self) {
        let (Some((host, by)), Some((port, header))) = (&mut self.host.first, self.port.first)
        else {
            return;
        };
        match host.port() {
            None => *host = host.with_port(port),
            Some(own) if own != port => {
                let headers = [*by, header];
                self.host.contradict(headers);
            }
            Some(_) => {}
        }
    }

    /// The first contradiction. That of the addresses comes first, since it matters most.
    fn contradiction(&self) -> Option<Contradiction> {
        (self.addr.contradiction)
            .or(self.scheme.contradiction)
            .or(self.host.contradiction)
            .or(self.port.contradiction)
    }

    /// Replaces what the connection and the request have by what the headers have.
    fn apply(self, client: &mut Client, contradictions: Contradictions) {
        let is_unknown = |contradiction: Option<Contradiction>| {
            contradiction.is_some() && contradictions != Contradictions::Ignore
        };
        client.source = match self.addr.first {
            _ if is_unknown(self.addr.contradiction) => ClientSource::Unknown,
            // The client is behind a proxy, whose address may open doors.
            None if self.hides_addr => ClientSource::Unknown,
            Some(_) if self.hides_addr && self.is_proxy => ClientSource::Unknown,
            Some((addr, _)) => ClientSource::Addr(addr),
            None => client.source,
        };
        if is_unknown(self.scheme.contradiction) {
            // Cookies get `Secure`, and no URL leads from https to http.
            client.scheme = Scheme::Https;
        } else if let Some((scheme, _)) = self.scheme.first {
            client.scheme = scheme;
        }
        if is_unknown(self.host.contradiction.or(self.port.contradiction)) {
            client.host = None;
            return;
        }
        match (self.host.first, self.port.first) {
            (Some((host, _)), _) => client.host = Some(host),
            (None, Some((port, _))) => {
                client.host = client.host.take().map(|host| host.with_port(port));
            }
            (None, None) => {}
        }
    }
}
