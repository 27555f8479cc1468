//! Who gets a page's script and its events. Pure: it sees a peer's address and a request's head.
//!
//! A page of another site can make a browser ask us, and a name of that site can be made to lead
//! here (DNS rebinding), so the address alone is no proof.

use std::net::IpAddr;

use http::{
    HeaderMap, Uri,
    header::{HOST, HeaderName, ORIGIN},
};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Whether the request was made on this machine, and to a name of this machine.
pub(super) fn is_local(
    peer: Option<IpAddr>,
    uri: &Uri,
    headers: &HeaderMap,
    hosts: &[String],
) -> bool {
    let is_loopback = peer.is_some_and(|peer| peer.to_canonical().is_loopback());
    is_loopback && host(uri, headers).is_some_and(|host| is_allowed(host, hosts))
}

/// Whether no other site made the browser ask.
pub(super) fn is_same_origin(uri: &Uri, headers: &HeaderMap) -> bool {
    let site = text(headers, &SEC_FETCH_SITE);
    let origin = text(headers, &ORIGIN);
    site.is_none_or(|site| matches!(site, "same-origin" | "none"))
        && origin.is_none_or(|origin| {
            let named = origin.split_once("://").map(|(_, authority)| authority);
            named.is_some() && named == host(uri, headers)
        })
}

/// Whether a browser asked for something to show, as far as it says. A script that asks for a piece
/// of a page gets just that.
pub(super) fn is_navigation(headers: &HeaderMap) -> bool {
    let destination = text(headers, &SEC_FETCH_DEST);
    destination.is_none_or(|what| matches!(what, "document" | "iframe" | "frame"))
}

/// With its port.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let authority = uri.authority().map(http::uri::Authority::as_str);
    authority.or_else(|| text(headers, &HOST))
}

fn is_allowed(host: &str, hosts: &[String]) -> bool {
    let end = host
        .rfind(':')
        .filter(|colon| !host[*colon..].contains(']'));
    let name = host[..end.unwrap_or(host.len())].to_ascii_lowercase();
    matches!(name.as_str(), "localhost" | "127.0.0.1" | "[::1]")
        || name
            .strip_suffix(".localhost")
            .is_some_and(|label| !label.is_empty())
        || hosts.contains(&name)
}

/// `None` for none; what is there twice or is no text matches nothing.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    Some(if values.next().is_some() {
        ""
    } else {
        value.to_str().unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(HeaderName, &'static str)]) -> HeaderMap {
        fields
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn local_requests() {
        let hosts = ["dev.example".to_owned()];
        let table = [
            ("127.0.0.1", "localhost", true),
            ("127.0.0.1", "LocalHost:8888", true),
            ("127.0.0.9", "127.0.0.1:8888", true),
            ("::1", "[::1]:8888", true),
            ("::1", "[::1]", true),
            ("::ffff:127.0.0.1", "localhost", true),
            ("127.0.0.1", "site.localhost:8888", true),
            ("127.0.0.1", "dev.example:8888", true),
            ("127.0.0.1", ".localhost", false),
            ("127.0.0.1", "notlocalhost", false),
            ("127.0.0.1", "localhost.evil.example", false),
            ("127.0.0.1", "127.0.0.1.evil.example", false),
            ("127.0.0.1", "evil.example:8888", false),
            ("127.0.0.1", "sub.dev.example", false),
            ("127.0.0.1", "192.168.0.7:8888", false),
            ("127.0.0.1", "", false),
            ("192.168.0.7", "localhost", false),
            ("::ffff:192.168.0.7", "localhost", false),
        ];
        for (peer, host, expected) in table {
            let headers = headers(&[(HOST, host)]);
            let found = is_local(peer.parse().ok(), &Uri::from_static("/"), &headers, &hosts);
            assert_eq!(found, expected, "{peer} asks {host:?}");
        }
        let local = headers(&[(HOST, "localhost")]);
        let uri = Uri::from_static("/");
        assert!(!is_local(None, &uri, &local, &hosts), "an unknown peer");
        let peer = Some(IpAddr::from([127, 0, 0, 1]));
        assert!(!is_local(peer, &uri, &HeaderMap::new(), &hosts), "no host");
        let mut twice = local.clone();
        twice.append(HOST, "localhost".parse().unwrap());
        assert!(!is_local(peer, &uri, &twice, &hosts), "two hosts");
        // HTTP/2 has the name in the URI, and there it counts.
        let uri = Uri::from_static("http://evil.example/");
        assert!(!is_local(peer, &uri, &local, &hosts));
    }

    #[test]
    fn origins() {
        let table: &[(&[(HeaderName, &'static str)], bool)] = &[
            (&[], true),
            (&[(SEC_FETCH_SITE, "same-origin")], true),
            (&[(SEC_FETCH_SITE, "none")], true),
            (&[(SEC_FETCH_SITE, "same-site")], false),
            (&[(SEC_FETCH_SITE, "cross-site")], false),
            (&[(ORIGIN, "http://localhost:8888")], true),
            (&[(ORIGIN, "http://localhost:9999")], false),
            (&[(ORIGIN, "http://evil.example")], false),
            (&[(ORIGIN, "null")], false),
            (&[(ORIGIN, "")], false),
            (
                &[
                    (ORIGIN, "http://localhost:8888"),
                    (SEC_FETCH_SITE, "cross-site"),
                ],
                false,
            ),
        ];
        for (fields, expected) in table {
            let mut headers = headers(fields);
            headers.insert(HOST, "localhost:8888".parse().unwrap());
            assert_eq!(
                is_same_origin(&Uri::from_static("/"), &headers),
                *expected,
                "{fields:?}"
            );
        }
    }

    #[test]
    fn navigations() {
        for (destination, expected) in [
            (None, true),
            (Some("document"), true),
            (Some("iframe"), true),
            (Some("empty"), false),
            (Some("script"), false),
        ] {
            let fields: Vec<_> = destination
                .map(|what| (SEC_FETCH_DEST, what))
                .into_iter()
                .collect();
            assert_eq!(
                is_navigation(&headers(&fields)),
                expected,
                "{destination:?}"
            );
        }
    }
}
