//! Local requests: from a browser on this machine, to a name of this machine, through no proxy.
//!
//! The address of the peer is no proof: a proxy on this machine connects from loopback, a page of
//! another site can make the developer's browser send requests, and a foreign name can resolve to
//! loopback (DNS rebinding).

use std::{error::Error, fmt, net::IpAddr};

use http::{Extensions, HeaderMap, Request, Uri, Version, header};

use crate::HostPort;

/// The reason why a request is not local.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NotLocal {
    /// The peer is not on loopback, or its address is unknown.
    Peer,
    /// A proxy passed the request on: it has a forwarding header, or is older than HTTP/1.1.
    Forwarded,
    /// A host that the request names is neither `localhost`, a loopback address nor an allowed
    /// host, or it names none.
    Host,
    /// A page of another site sent the request, and it is no navigation to a page of this site.
    CrossSite,
}

/// Request extension: an outer layer removed a forwarding header, so the request is not local.
///
/// `squall-xheaders` removes those that are spelt with underscores.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RemovedForwarding;

impl RemovedForwarding {
    /// Marks a request whose forwarding headers are removed.
    pub fn mark(extensions: &mut Extensions) {
        extensions.insert(Self);
    }
}

/// Headers in which proxies name their client, besides all that begin with `x-forwarded-`.
const FORWARDING: [&str; 14] = [
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "client-ip",
    "fastly-client-ip",
    "fly-client-ip",
    "forwarded",
    "forwarded-for",
    "true-client-ip",
    "via",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-forwarded-for",
    "x-real-ip",
    "x-scheme",
];

/// Checks that a request comes from a browser, or another program, on this machine.
///
/// `peer` is the address at the other end of the connection, not what a forwarding header names.
/// Hosts without a port in `allowed_hosts` are allowed besides `localhost`, `*.localhost`,
/// `127.0.0.1` and `[::1]`.
///
/// # Errors
///
/// Returns the first condition that does not hold, in the order of [`NotLocal`].
pub fn check_local<B>(
    peer: Option<IpAddr>,
    request: &Request<B>,
    allowed_hosts: &[String],
) -> Result<(), NotLocal> {
    let headers = request.headers();
    if !peer.is_some_and(|peer| peer.to_canonical().is_loopback()) {
        Err(NotLocal::Peer)
    // nginx connects with HTTP/1.0 and adds no header, unless it is configured otherwise.
    } else if request.version() < Version::HTTP_11
        || request.extensions().get::<RemovedForwarding>().is_some()
        || headers
            .keys()
            .any(|name| is_forwarding_header(name.as_str()))
    {
        Err(NotLocal::Forwarded)
    } else if !is_host_allowed(request.uri(), headers, allowed_hosts) {
        Err(NotLocal::Host)
    } else if is_cross_site(headers, allowed_hosts) {
        Err(NotLocal::CrossSite)
    } else {
        Ok(())
    }
}

/// Returns whether proxies name their client in the header of this lower-case name.
///
/// `x_forwarded_for` counts too: programs that turn headers into variables read it as
/// `x-forwarded-for`.
#[must_use]
pub fn is_forwarding_header(name: &str) -> bool {
    let is = |known: &str| {
        let hyphenated = |byte| if byte == b'_' { b'-' } else { byte };
        name.bytes().map(hyphenated).eq(known.bytes())
    };
    const PREFIX: &str = "x-forwarded-";
    let is_prefixed = name.len() > PREFIX.len()
        && name
            .bytes()
            .zip(PREFIX.bytes())
            .all(|(byte, known)| byte == known || byte == b'_' && known == b'-');
    is_prefixed || FORWARDING.iter().any(|known| is(known))
}

/// Whether there is a host, and all hosts in the target and in `Host` are allowed.
fn is_host_allowed(uri: &Uri, headers: &HeaderMap, allowed_hosts: &[String]) -> bool {
    let lines = headers.get_all(header::HOST).iter();
    let lines = lines.map(http::HeaderValue::as_bytes);
    let target = uri
        .authority()
        .map(|authority| authority.as_str().as_bytes());
    let mut hosts = lines.chain(target).peekable();
    hosts.peek().is_some() && hosts.all(|host| is_allowed(host, allowed_hosts))
}

fn is_allowed(authority: &[u8], allowed_hosts: &[String]) -> bool {
    let Some(authority) = HostPort::parse(authority) else {
        return false;
    };
    let host = authority.host().to_ascii_lowercase();
    // Resolvers must map `localhost.` and its subdomains to loopback (RFC 6761, section 6.3).
    let is_subdomain = |host: &str| {
        let label = host.strip_suffix(".localhost");
        label.is_some_and(|label| !label.is_empty())
    };
    matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
        || is_subdomain(&host)
        || allowed_hosts
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(&host))
}

/// Whether a page of another site could read or use the response.
///
/// Browsers send `Sec-Fetch-Site` to secure origins and localhost only; elsewhere `Origin` decides.
/// Pages on other ports of this machine are the developer's own. A cross-site link to a page shows
/// it to the developer alone.
fn is_cross_site(headers: &HeaderMap, allowed_hosts: &[String]) -> bool {
    let is = |name, value| headers.get(name).is_some_and(|found| found == value);
    if headers.contains_key("sec-fetch-site") {
        let is_navigation = is("sec-fetch-mode", "navigate") && is("sec-fetch-dest", "document");
        return is("sec-fetch-site", "cross-site") && !is_navigation;
    }
    headers.get_all(header::ORIGIN).iter().any(|origin| {
        let origin = Uri::try_from(origin.as_bytes()).ok();
        let authority = origin.as_ref().and_then(Uri::authority);
        !authority.is_some_and(|authority| is_allowed(authority.as_str().as_bytes(), allowed_hosts))
    })
}

impl fmt::Display for NotLocal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Peer => "the peer is not on loopback",
            Self::Forwarded => "a proxy forwarded the request",
            Self::Host => "the host is not allowed",
            Self::CrossSite => "a page of another site sent the request",
        })
    }
}

impl Error for NotLocal {}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    struct Case<'a> {
        peer: Option<&'a str>,
        version: Version,
        uri: &'a str,
        /// `name: value` lines.
        headers: &'a str,
    }

    const LOCAL: Case<'_> = Case {
        peer: Some("127.0.0.1"),
        version: Version::HTTP_11,
        uri: "/",
        headers: "host: localhost:8888",
    };

    fn check(case: &Case<'_>) -> Option<NotLocal> {
        let mut request = Request::get(case.uri)
            .version(case.version)
            .body(())
            .unwrap();
        for line in case.headers.lines() {
            let (name, value) = line.split_once(": ").unwrap();
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().append(name, value);
        }
        let peer = case.peer.map(|peer| peer.parse().unwrap());
        check_local(peer, &request, &["dev.example".to_owned()]).err()
    }

    #[test]
    fn peers() {
        for (peer, is_local) in [
            (Some("127.0.0.1"), true),
            (Some("127.8.8.8"), true),
            (Some("::1"), true),
            (Some("::ffff:127.0.0.1"), true),
            (Some("::ffff:10.0.0.1"), false),
            (Some("10.0.0.1"), false),
            (Some("192.168.0.7"), false),
            (Some("0.0.0.0"), false),
            (Some("::"), false),
            (Some("fe80::1"), false),
            (None, false),
        ] {
            let wanted = (!is_local).then_some(NotLocal::Peer);
            assert_eq!(check(&Case { peer, ..LOCAL }), wanted, "{peer:?}");
        }
    }

    #[test]
    fn hosts() {
        for (uri, headers, is_local) in [
            ("/", "host: localhost", true),
            ("/", "host: localhost:", true),
            ("/", "host: LOCALHOST:1", true),
            ("/", "host: app.localhost:8888", true),
            ("/", "host: 127.0.0.1:8888", true),
            ("/", "host: [::1]:8888", true),
            ("/", "host: [::1]", true),
            ("/", "host: dev.example:8888", true),
            ("/", "host: DEV.example", true),
            ("http://localhost/", "accept: */*", true),
            ("http://localhost/", "host: localhost", true),
            ("/", "accept: */*", false),
            ("/", "host: .localhost", false),
            ("/", "host: evil.example", false),
            ("/", "host: localhost.evil.example", false),
            ("/", "host: evillocalhost", false),
            ("/", "host: evil.example:localhost", false),
            ("/", "host: localhost:8888:evil", false),
            ("/", "host: localhost:65536", false),
            ("/", "host: 127.0.0.1.nip.io", false),
            ("/", "host: 10.0.0.1", false),
            ("/", "host: sub.dev.example", false),
            ("/", "host: user@localhost", false),
            ("/", "host: localhost/", false),
            ("/", "host: localhost\nhost: evil.example", false),
            ("http://evil.example/", "host: localhost", false),
            ("http://localhost/", "host: evil.example", false),
        ] {
            let wanted = (!is_local).then_some(NotLocal::Host);
            let case = Case {
                uri,
                headers,
                ..LOCAL
            };
            assert_eq!(check(&case), wanted, "{uri} {headers}");
        }
    }

    #[test]
    fn proxies() {
        let more = [
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-anything",
            "x_forwarded_for",
            "x-forwarded_for",
            "x_real_ip",
        ];
        for name in FORWARDING.iter().chain(&more) {
            for value in ["127.0.0.1", "for=127.0.0.1", "localhost"] {
                let headers = &format!("host: localhost\n{name}: {value}");
                let case = Case { headers, ..LOCAL };
                assert_eq!(check(&case), Some(NotLocal::Forwarded), "{headers}");
            }
        }
        for name in [
            "forwarder",
            "x-forwarded",
            "x-forwarded-",
            "x-real",
            "viaduct",
            "xvia",
        ] {
            let headers = &format!("host: localhost\n{name}: 127.0.0.1");
            assert_eq!(check(&Case { headers, ..LOCAL }), None, "{headers}");
        }
        let mut request = Request::get("/")
            .header("host", "localhost")
            .body(())
            .unwrap();
        let peer = Some(IpAddr::from([127, 0, 0, 1]));
        assert_eq!(check_local(peer, &request, &[]), Ok(()));
        RemovedForwarding::mark(request.extensions_mut());
        assert_eq!(check_local(peer, &request, &[]), Err(NotLocal::Forwarded));
        for (version, wanted) in [
            (Version::HTTP_09, Some(NotLocal::Forwarded)),
            (Version::HTTP_10, Some(NotLocal::Forwarded)),
            (Version::HTTP_2, None),
        ] {
            assert_eq!(check(&Case { version, ..LOCAL }), wanted);
        }
    }

    #[test]
    fn other_sites() {
        for (headers, is_local) in [
            (
                "sec-fetch-site: none\nsec-fetch-mode: navigate\nsec-fetch-dest: document",
                true,
            ),
            ("sec-fetch-site: same-origin\nsec-fetch-mode: cors", true),
            ("sec-fetch-site: same-origin\norigin: null", true),
            (
                "sec-fetch-site: same-site\nsec-fetch-mode: cors\norigin: http://localhost:9999",
                true,
            ),
            (
                "sec-fetch-site: cross-site\nsec-fetch-mode: navigate\nsec-fetch-dest: document",
                true,
            ),
            (
                "sec-fetch-site: cross-site\nsec-fetch-mode: navigate\nsec-fetch-dest: iframe",
                false,
            ),
            (
                "sec-fetch-site: cross-site\nsec-fetch-mode: cors\nsec-fetch-dest: empty",
                false,
            ),
            (
                "sec-fetch-site: cross-site\nsec-fetch-mode: no-cors\nsec-fetch-dest: script",
                false,
            ),
            (
                "sec-fetch-site: cross-site\norigin: http://localhost",
                false,
            ),
            ("origin: http://localhost", true),
            ("origin: http://localhost:9999", true),
            ("origin: https://dev.example", true),
            ("origin: http://evil.example", false),
            ("origin: http://localhost.evil.example", false),
            ("origin: http://localhost@evil.example", false),
            (
                "origin: http://localhost\norigin: http://evil.example",
                false,
            ),
            ("origin: null", false),
            ("origin: ", false),
            ("origin: localhost:x", false),
        ] {
            let headers = &format!("host: localhost:8888\n{headers}");
            let wanted = (!is_local).then_some(NotLocal::CrossSite);
            assert_eq!(check(&Case { headers, ..LOCAL }), wanted, "{headers}");
        }
    }
}
