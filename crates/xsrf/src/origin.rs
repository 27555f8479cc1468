//! The origin check, by the rules of Go's `CrossOriginProtection`.

use http::{HeaderMap, HeaderValue, Method, Uri, header, request::Parts};
use squall_peers::HostPort;

/// Returns `false` if a page of another origin may have sent the request.
pub(crate) fn is_same_origin(parts: &Parts, trusted: &[String]) -> bool {
    let origin = header(&parts.headers, "origin");
    let is_trusted =
        || origin.is_some_and(|origin| trusted.iter().any(|trusted| trusted.as_bytes() == origin));
    match header(&parts.headers, "sec-fetch-site") {
        Some(b"same-origin" | b"none") => true,
        Some(_) => is_trusted(),
        // An old browser, a plain-HTTP origin, or no browser.
        None => match origin {
            None => true,
            Some(origin) => has_host_of(origin, parts) || is_trusted(),
        },
    }
}

/// Whether the request is a WebSocket handshake: a GET with `Upgrade`, or in HTTP/2 a CONNECT (RFC
/// 8441).
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

/// Whether origin and request have the same host and port (RFC 9110, section 4.2.3): nginx's
/// `proxy_set_header Host $host:$server_port` names the default port, which browsers leave out.
///
/// The schemes are not compared: behind a proxy that ends TLS, the scheme of the connection is not
/// that of the site.
fn has_host_of(origin: &[u8], parts: &Parts) -> bool {
    let Some((origin, default_port)) = origin_authority(origin) else {
        return false;
    };
    let host = match parts.uri.authority() {
        Some(authority) => Some(authority.as_str().as_bytes()),
        None => header(&parts.headers, "host"),
    };
    let host = host.and_then(HostPort::parse);
    let origin = HostPort::parse(origin.as_bytes());
    origin
        .zip(host)
        .is_some_and(|(origin, host)| origin.is_same(host, default_port))
}

/// Returns the host and port of an origin, and its scheme's default port; `None` for `null`.
fn origin_authority(origin: &[u8]) -> Option<(String, u16)> {
    let uri = Uri::try_from(origin).ok()?;
    let default_port = match uri.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return None,
    };
    Some((uri.authority()?.as_str().to_owned(), default_port))
}

/// Whether a browser would send the text as `Origin`.
pub(crate) fn is_origin(text: &str) -> bool {
    let Some((authority, default_port)) = origin_authority(text.as_bytes()) else {
        return false;
    };
    let scheme = if default_port == 443 { "https" } else { "http" };
    HostPort::parse(authority.as_bytes()).is_some_and(|parsed| {
        parsed.port() != Some(default_port)
            && !authority.ends_with(':')
            && text == format!("{scheme}://{}", authority.to_ascii_lowercase())
    })
}

/// An empty header counts as absent.
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
    fn default_ports_make_no_difference() {
        for (origin, host, is_same) in [
            ("http://intranet", "intranet", true),
            ("http://intranet", "intranet:80", true),
            ("http://intranet", "INTRANET:80", true),
            ("http://intranet", "intranet:", true),
            ("https://intranet", "intranet:443", true),
            ("http://intranet:80", "intranet", true),
            ("http://[::1]", "[::1]:80", true),
            ("http://intranet:8888", "intranet:8888", true),
            // Behind a proxy that ends TLS.
            ("https://intranet", "intranet", true),
            ("http://intranet", "intranet:443", false),
            ("https://intranet", "intranet:80", false),
            ("http://intranet", "intranet:8888", false),
            ("http://intranet:8888", "intranet", false),
            ("http://intranet:8888", "intranet:80", false),
            ("http://intranet", "intranet.evil", false),
            ("http://intranet", "user@intranet", false),
            ("http://intranet", "intranet:080x", false),
            ("http://intranet", "", false),
            ("http://user@intranet", "intranet", false),
            ("http://intranet/", "intranet/", false),
            ("ftp://intranet", "intranet", false),
            ("null", "null", false),
            ("null", "intranet", false),
        ] {
            let request = http::Request::post("/").header("host", host);
            let (parts, ()) = request
                .header("origin", origin)
                .body(())
                .unwrap()
                .into_parts();
            assert_eq!(is_same_origin(&parts, &[]), is_same, "{origin} {host}");
            let request = http::Request::post("/").header("origin", origin);
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            if let Ok(uri) = Uri::builder()
                .scheme("http")
                .authority(host)
                .path_and_query("/")
                .build()
            {
                parts.uri = uri;
                assert_eq!(
                    is_same_origin(&parts, &[]),
                    is_same,
                    "{origin} {host} in HTTP/2"
                );
            }
        }
    }

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
            ("https://example.com:", false),
            ("https://example.com:x", false),
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
