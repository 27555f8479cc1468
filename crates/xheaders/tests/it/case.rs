//! The notation of the tables, and their check.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderName, HeaderValue, Request};
use squall_xheaders::{Client, ClientSource, Connection, Peer, Scheme, TrustedProxies, XHeaders};

/// The peer, the header lines that it sends, and the resulting client.
///
/// The peer is an address, `unix:`, or `-` without a connection. The client is its address, `-` for
/// a unix socket, or `unknown`; then `https` for that scheme, then `@` and the host; or `400`.
/// The peer's port is always 9, so an address with that port is the peer's.
pub(crate) type Case = (&'static str, &'static str, &'static str);

/// Settings that trust loopback, 10.0.0.0/8 and 2001:db8:a::/48.
pub(crate) fn settings() -> XHeaders {
    XHeaders::new().trusted_proxies(trust(&[
        "127.0.0.0/8",
        "::1",
        "10.0.0.0/8",
        "2001:db8:a::/48",
    ]))
}

pub(crate) fn trust(texts: &[&str]) -> TrustedProxies {
    TrustedProxies::new(texts).unwrap()
}

pub(crate) fn check(settings: &XHeaders, cases: &[Case]) {
    let mut failures = Vec::new();
    for (peer, lines, wanted) in cases {
        let client = settings.client(connection(peer), &request(lines));
        let found = client.map_or_else(|_| "400".to_owned(), |client| tell(&client));
        if found != *wanted {
            failures.push((peer, lines, wanted, found));
        }
    }
    assert!(
        failures.is_empty(),
        "(peer, lines, wanted, found): {failures:#?}"
    );
}

pub(crate) fn connection(peer: &str) -> Option<Connection> {
    match peer {
        "-" => None,
        "unix:" => Some(Peer::Unix.into()),
        ip => Some(socket_addr(ip).into()),
    }
}

pub(crate) fn socket_addr(ip: &str) -> SocketAddr {
    (ip.parse::<IpAddr>().unwrap(), 9).into()
}

pub(crate) fn request(lines: &str) -> Request<()> {
    let mut request = Request::new(());
    for line in lines.lines() {
        let (name, value) = line.split_once(':').unwrap();
        request.headers_mut().append(
            name.parse::<HeaderName>().unwrap(),
            HeaderValue::from_str(value.trim_start_matches(' ')).unwrap(),
        );
    }
    request
}

pub(crate) fn tell(client: &Client) -> String {
    let mut told = match client.source() {
        ClientSource::Addr(addr) => addr.to_string(),
        ClientSource::Unix => "-".to_owned(),
        _ => "unknown".to_owned(),
    };
    if client.scheme() == Scheme::Https {
        told.push_str(" https");
    }
    if let Some(host) = client.host() {
        told.push_str(&format!(" @{host}"));
    }
    told
}
