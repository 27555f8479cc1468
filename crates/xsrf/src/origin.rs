//! Whether a browser says that a request comes from elsewhere, by the rules of Go's `CrossOriginProtection`.

use http::{HeaderMap, HeaderValue, Method, Uri, header, request::Parts};

/// `false` where the request may be forged.
pub(crate) fn is_ours(parts: &Parts, trusted: &[String]) -> bool {
    let origin = header(&parts.headers, "origin");
    let is_trusted =
        || origin.is_some_and(|origin| trusted.iter().any(|trusted| trusted.as_bytes() == origin));
    match header(&parts.headers, "sec-fetch-site") {
        Some(b"same-origin" | b"none") => true,
        Some(_) => is_trusted(),
        // An old browser, plain HTTP, or no browser.
        None => match origin {
            None => true,
            Some(origin) => names_host_of(origin, parts) || is_trusted(),
        },
    }
}

/// Whether the request opens a WebSocket: a GET that asks for an upgrade, or in HTTP/2 a CONNECT (RFC 8441).
pub(crate) fn is_websocket(parts: &Parts) -> bool {
    let is_upgrade = |value: &HeaderValue| {
        let protocols = value.as_bytes().split(|&byte| byte == b',');
        protocols
            .map(<[u8]>::trim_ascii)
            .any(|protocol| protocol.eq_ignore_ascii_case(b"websocket"))
    };
    match parts.method {
        Method::GET => parts
            .headers
            .get_all(header::UPGRADE)
            .iter()
            .any(is_upgrade),
        Method::CONNECT => true,
        _ => false,
    }
}

/// The schemes are not compared: a program behind a proxy does not know its own for certain.
fn names_host_of(origin: &[u8], parts: &Parts) -> bool {
    let host = match parts.uri.authority() {
        Some(authority) => Some(authority.as_str().as_bytes()),
        None => header(&parts.headers, "host"),
    };
    origin_host(origin).is_some_and(|origin| host == Some(origin.as_bytes()))
}

/// The host and port of an origin that has them; `null` does not.
fn origin_host(origin: &[u8]) -> Option<String> {
    let uri = Uri::try_from(origin).ok()?;
    matches!(uri.scheme_str(), Some("http" | "https")).then_some(())?;
    uri.authority()
        .map(|authority| authority.as_str().to_owned())
}

/// What a browser would send as `Origin`: nothing else is worth trusting.
pub(crate) fn is_origin(text: &str) -> bool {
    let host = origin_host(text.as_bytes()).filter(|host| !host.is_empty() && !host.contains('@'));
    host.is_some_and(|host| {
        let (scheme, default_port) = if text.starts_with("https:") {
            ("https", ":443")
        } else {
            ("http", ":80")
        };
        text == format!("{scheme}://{host}")
            && !host.ends_with(default_port)
            && !text.contains(|c: char| c.is_ascii_uppercase())
    })
}

/// Empty is as good as absent.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    headers
        .get(name)
        .map(HeaderValue::as_bytes)
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_that_can_be_trusted() {
        for (text, is) in [
            ("https://example.com", true),
            ("http://localhost:8888", true),
            ("https://example.com:80", true),
            ("http://[::1]:8888", true),
            ("https://xn--bcher-kva.example", true),
            ("", false),
            ("null", false),
            ("*", false),
            ("example.com", false),
            ("//example.com", false),
            ("https://", false),
            ("https:example.com", false),
            ("https://example.com/", false),
            ("https://example.com/path", false),
            ("https://example.com?query", false),
            ("https://example.com#fragment", false),
            ("https://example.com:443", false),
            ("http://example.com:80", false),
            ("https://Example.com", false),
            ("HTTPS://example.com", false),
            ("https://user@example.com", false),
            ("https://bücher.example", false),
            ("https://*.example.com ", false),
            ("ftp://example.com", false),
            ("file:///", false),
        ] {
            assert_eq!(is_origin(text), is, "{text}");
        }
    }
}
