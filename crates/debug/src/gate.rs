//! Who may see the page: a decision in values.

use std::{fmt, net::IpAddr};

use http::{HeaderMap, Uri, Version, header};

/// Why a request does not get the page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refusal {
    Peer,
    Proxy,
    Host,
    OtherSite,
}

/// What the decision looks at.
pub(crate) struct Asked<'a> {
    pub(crate) peer: Option<IpAddr>,
    pub(crate) version: Version,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
}

/// What proxies say of those for whom they ask; besides all that begins with `x-forwarded-`.
const FORWARDING: [&str; 12] = [
    "cf-connecting-ip",
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
];

/// None if the page may be shown.
pub(crate) fn refusal(asked: &Asked<'_>, allowed_hosts: &[String]) -> Option<Refusal> {
    let is_loopback = asked
        .peer
        .is_some_and(|peer| peer.to_canonical().is_loopback());
    if !is_loopback {
        Some(Refusal::Peer)
    } else if asked.version < Version::HTTP_11 || is_forwarded(asked.headers) {
        Some(Refusal::Proxy)
    } else if !is_host_allowed(asked, allowed_hosts) {
        Some(Refusal::Host)
    } else if is_of_another_site(asked.headers) {
        Some(Refusal::OtherSite)
    } else {
        None
    }
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| {
        // `X_Forwarded_For` is the same to those who make variables of headers.
        let name = name.as_str().replace('_', "-");
        name.starts_with("x-forwarded-") || FORWARDING.contains(&name.as_str())
    })
}

/// Every host that the request names, in its target and in its header, and at least one.
fn is_host_allowed(asked: &Asked<'_>, allowed: &[String]) -> bool {
    let lines = asked.headers.get_all(header::HOST).iter();
    let named = lines.map(|line| line.to_str().unwrap_or("").trim());
    let target = asked.uri.authority().map(http::uri::Authority::as_str);
    let mut named = named.chain(target).peekable();
    named.peek().is_some() && named.all(|named| is_name_allowed(named, allowed))
}

fn is_name_allowed(named: &str, allowed: &[String]) -> bool {
    let host = without_port(named).to_ascii_lowercase();
    // A resolver must answer these with loopback (RFC 6761, 6.3).
    matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
        || host.ends_with(".localhost")
        || allowed
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(&host))
}

/// The host, if what follows is a port or nothing.
fn without_port(named: &str) -> &str {
    match named.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => named,
    }
}

/// Whether a page of another site reads the response (Fetch Metadata). Following a link shows it to
/// nobody else.
fn is_of_another_site(headers: &HeaderMap) -> bool {
    let is = |name, value| headers.get(name).is_some_and(|found| found == value);
    is("sec-fetch-site", "cross-site")
        && !(is("sec-fetch-mode", "navigate") && is("sec-fetch-dest", "document"))
}

/// As the log says it.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Peer => "the peer is not on loopback",
            Self::Proxy => "a proxy stands between",
            Self::Host => "the host is not allowed",
            Self::OtherSite => "another site asks",
        })
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, Version};

    use super::{Asked, FORWARDING, Refusal, refusal};

    struct Case<'a> {
        peer: Option<&'a str>,
        version: Version,
        uri: &'a str,
        /// `name: value` lines.
        headers: &'a str,
    }

    const GOOD: Case<'_> = Case {
        peer: Some("127.0.0.1"),
        version: Version::HTTP_11,
        uri: "/",
        headers: "host: localhost:8888",
    };

    fn decide(case: &Case<'_>) -> Option<Refusal> {
        let mut headers = HeaderMap::new();
        for line in case.headers.lines() {
            let (name, value) = line.split_once(": ").unwrap();
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        let asked = Asked {
            peer: case.peer.map(|peer| peer.parse().unwrap()),
            version: case.version,
            uri: &case.uri.parse().unwrap(),
            headers: &headers,
        };
        refusal(&asked, &["dev.example".to_owned()])
    }

    #[test]
    fn peers() {
        for (peer, refused) in [
            (Some("127.0.0.1"), false),
            (Some("127.8.8.8"), false),
            (Some("::1"), false),
            (Some("::ffff:127.0.0.1"), false),
            (Some("::ffff:10.0.0.1"), true),
            (Some("10.0.0.1"), true),
            (Some("0.0.0.0"), true),
            (Some("fe80::1"), true),
            (None, true),
        ] {
            let wanted = refused.then_some(Refusal::Peer);
            assert_eq!(decide(&Case { peer, ..GOOD }), wanted, "{peer:?}");
        }
    }

    #[test]
    fn hosts() {
        for (uri, headers, refused) in [
            ("/", "host: localhost", false),
            ("/", "host: LOCALHOST:1", false),
            ("/", "host: app.localhost:8888", false),
            ("/", "host: 127.0.0.1:8888", false),
            ("/", "host: [::1]:8888", false),
            ("/", "host: [::1]", false),
            ("/", "host: dev.example:8888", false),
            ("/", "host: DEV.example", false),
            ("http://localhost/", "accept: */*", false),
            ("/", "accept: */*", true),
            ("/", "host: evil.example", true),
            ("/", "host: localhost.evil.example", true),
            ("/", "host: evillocalhost", true),
            ("/", "host: evil.example:localhost", true),
            ("/", "host: localhost:8888:evil", true),
            ("/", "host: 127.0.0.1.nip.io", true),
            ("/", "host: 10.0.0.1", true),
            ("/", "host: sub.dev.example", true),
            ("/", "host: user@localhost", true),
            ("/", "host: localhost\nhost: evil.example", true),
            ("http://evil.example/", "host: localhost", true),
            ("http://localhost/", "host: evil.example", true),
        ] {
            let wanted = refused.then_some(Refusal::Host);
            let case = Case {
                uri,
                headers,
                ..GOOD
            };
            assert_eq!(decide(&case), wanted, "{uri} {headers}");
        }
    }

    #[test]
    fn proxies() {
        let more = [
            "x-forwarded-for",
            "x-forwarded-host",
            "X_Forwarded_For",
            "x_real_ip",
        ];
        for name in FORWARDING.iter().chain(&more) {
            for value in ["127.0.0.1", "for=127.0.0.1", "localhost"] {
                let headers = &format!("host: localhost\n{name}: {value}");
                let case = Case { headers, ..GOOD };
                assert_eq!(decide(&case), Some(Refusal::Proxy), "{headers}");
            }
        }
        for (version, wanted) in [
            (Version::HTTP_10, Some(Refusal::Proxy)),
            (Version::HTTP_2, None),
        ] {
            assert_eq!(decide(&Case { version, ..GOOD }), wanted);
        }
    }

    #[test]
    fn other_sites() {
        for (site, mode, dest, refused) in [
            ("none", "navigate", "document", false),
            ("same-origin", "cors", "empty", false),
            ("same-site", "cors", "empty", false),
            ("cross-site", "navigate", "document", false),
            ("cross-site", "navigate", "iframe", true),
            ("cross-site", "cors", "empty", true),
            ("cross-site", "no-cors", "script", true),
        ] {
            let headers = &format!(
                "host: localhost\nsec-fetch-site: {site}\nsec-fetch-mode: {mode}\nsec-fetch-dest: {dest}"
            );
            let wanted = refused.then_some(Refusal::OtherSite);
            assert_eq!(decide(&Case { headers, ..GOOD }), wanted, "{headers}");
        }
    }
}
