//! Checks of a request's head that hyper does not make (RFC 9110, 9112, 9113).

use std::cell::Cell;

use http::{Method, Request, StatusCode, Uri, Version, header};
use http_body::Body;
use squall_peers::HostPort;

/// The last valid Host of an HTTP/1.1 connection. Its requests nearly always have the same, and
/// comparing it is cheaper than checking it again.
#[derive(Debug, Default)]
pub(crate) struct KnownHost(Cell<([u8; 31], u8)>);

impl KnownHost {
    /// Whether this is a valid Host.
    fn is_valid(&self, value: &[u8]) -> bool {
        let (known, length) = self.0.get();
        if length > 0 && known[..usize::from(length)] == *value {
            return true;
        }
        let is_host = is_host(value);
        let (mut known, mut length) = ([0; 31], 0);
        if is_host && value.len() <= known.len() {
            known[..value.len()].copy_from_slice(value);
            length = value.len() as u8;
        }
        self.0.set((known, length));
        is_host
    }
}

/// Returns the status that refuses the request, if it must be refused before the service sees it.
pub(crate) fn fault<B: Body>(
    request: &Request<B>,
    max_body_size: u64,
    known_host: &KnownHost,
) -> Option<StatusCode> {
    let fault = if request.version() < Version::HTTP_2 {
        target_fault(request)
            .or_else(|| host_fault(request, known_host))
            .or_else(|| coding_fault(request))
    } else {
        authority_fault(request)
            .or_else(|| padding_fault(request))
            .or_else(|| connect_fault(request))
    };
    let too_large = request.body().size_hint().lower() > max_body_size;
    fault.or(too_large.then_some(StatusCode::PAYLOAD_TOO_LARGE))
}

/// RFC 9113, 8.3.1: `:authority` or Host, both valid, and the same one where there are both.
fn authority_fault<B>(request: &Request<B>) -> Option<StatusCode> {
    let bad = Some(StatusCode::BAD_REQUEST);
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (host, repeated) = (hosts.next(), hosts.next());
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    match (authority, host) {
        _ if repeated.is_some() => bad,
        (None, None) => bad,
        (Some(authority), _) if !is_host(authority.as_bytes()) => bad,
        (_, Some(host)) if !is_host(host.as_bytes()) => bad,
        (Some(authority), Some(host)) => {
            let default_port = match request.uri().scheme_str() {
                Some("https") => ":443",
                _ => ":80",
            };
            let host = host.to_str().unwrap_or_default();
            let [authority, host] = [authority, host].map(|text| {
                let text = text.strip_suffix(':').unwrap_or(text);
                text.strip_suffix(default_port).unwrap_or(text)
            });
            (!authority.eq_ignore_ascii_case(host)).then_some(StatusCode::BAD_REQUEST)
        }
        _ => None,
    }
}

/// RFC 9113, 8.2.1: a value neither starts nor ends with a blank. Over HTTP/1.1 those are no part
/// of it.
fn padding_fault<B>(request: &Request<B>) -> Option<StatusCode> {
    let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let is_padded = |value: &[u8]| is_blank(value.first()) || is_blank(value.last());
    let mut values = request.headers().values();
    let is_faulty = values.any(|value| is_padded(value.as_bytes()));
    is_faulty.then_some(StatusCode::BAD_REQUEST)
}

/// RFC 9113, 8.5: CONNECT needs a proxy, unless it begins another protocol (RFC 8441).
fn connect_fault<B>(request: &Request<B>) -> Option<StatusCode> {
    #[cfg(feature = "http2")]
    let is_extended = request.extensions().get::<hyper::ext::Protocol>().is_some();
    #[cfg(not(feature = "http2"))]
    let is_extended = false;
    let is_plain = *request.method() == Method::CONNECT && !is_extended;
    is_plain.then_some(StatusCode::NOT_IMPLEMENTED)
}

/// RFC 9112, 3.2: the asterisk is for OPTIONS, an authority alone for CONNECT, which needs a proxy.
fn target_fault<B>(request: &Request<B>) -> Option<StatusCode> {
    if *request.method() == Method::CONNECT {
        return Some(StatusCode::NOT_IMPLEMENTED);
    }
    match request.uri().path() {
        "*" if *request.method() != Method::OPTIONS => Some(StatusCode::BAD_REQUEST),
        "*" => None,
        path if !path.starts_with('/') => Some(StatusCode::BAD_REQUEST),
        _ => match request.uri().scheme_str() {
            None => None,
            Some("http" | "https") if has_plain_authority(request.uri()) => None,
            Some(_) => Some(StatusCode::BAD_REQUEST),
        },
    }
}

/// Whether the authority would do as a Host: `http` lets `user:password@` and a port in letters
/// pass.
fn has_plain_authority(uri: &Uri) -> bool {
    let authority = uri.authority();
    authority.is_some_and(|authority| is_host(authority.as_str().as_bytes()))
}

/// RFC 9112, 3.2: exactly one Host, and a valid one; HTTP/1.0 may go without.
fn host_fault<B>(request: &Request<B>, known_host: &KnownHost) -> Option<StatusCode> {
    let headers = request.headers();
    // To see that no header is repeated is cheaper than to count this one.
    let is_repeated =
        headers.len() > headers.keys_len() && headers.get_all(header::HOST).iter().nth(1).is_some();
    // Nearly every client sends it first, where it is found without a search.
    let first = headers.iter().next();
    let host = match first {
        Some((name, value)) if *name == header::HOST => Some(value),
        _ => headers.get(header::HOST),
    };
    match host {
        None if request.version() < Version::HTTP_11 => None,
        Some(host) if !is_repeated && known_host.is_valid(host.as_bytes()) => None,
        _ => Some(StatusCode::BAD_REQUEST),
    }
}

/// `uri-host [ ":" port ]`, and the empty value that RFC 9112 asks of targets without an authority.
fn is_host(value: &[u8]) -> bool {
    // The first is the form of nearly every Host, and quicker. An authority could carry
    // `user:password@`; a Host may not.
    HostPort::is_valid(value)
        || value.is_empty()
        || !value.contains(&b'@')
            && http::uri::Authority::try_from(value).is_ok_and(|authority| {
                let after_host = &authority.as_str()[authority.host().len()..];
                after_host.is_empty() || after_host == ":" || authority.port_u16().is_some()
            })
}

/// RFC 9112, 6.1: one `chunked` and nothing else. hyper takes every list that ends in it, but a
/// body that is coded otherwise as well would reach the service undecoded, and two lines are a way
/// to be understood differently by a proxy.
fn coding_fault<B: Body>(request: &Request<B>) -> Option<StatusCode> {
    if request.body().size_hint().exact().is_some() {
        // It has a Content-Length or no body, as nearly every request.
        return None;
    }
    let mut codings = request.headers().get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => None,
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => None,
        _ => Some(StatusCode::NOT_IMPLEMENTED),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{Request, StatusCode, Version};
    use http_body_util::{Empty, Full};

    use super::{KnownHost, fault, is_host};

    #[test]
    fn hosts() {
        for host in [
            "",
            "a",
            "example.com",
            "example.com:80",
            "127.0.0.1:8888",
            "[::1]",
            "[::1]:80",
            "a_b",
            "xn--bcher-kva.example",
            "example.com:",
            "a-b.c:65535",
            "a:0",
            "a~b!c",
        ] {
            assert!(is_host(host.as_bytes()), "{host:?}");
        }
        for host in [
            "a b",
            "user@host",
            "user:pw@host",
            "a/b",
            "a:b",
            "a:80:90",
            "[::1",
            "::1",
            "a:65536",
            "a?b",
            "a#b",
            "a\\b",
            "é",
            "a:-1",
        ] {
            assert!(!is_host(host.as_bytes()), "{host:?}");
        }
    }

    #[test]
    fn known_host_is_never_taken_for_another() {
        let long = "a".repeat(40);
        let known = KnownHost::default();
        for host in [
            "a:80", "a:80", "a:8", "a:80 ", "a:80", "a@80", "", "a", "a", "a\0", &long, &long, "b",
            "a b", "a b", "[::1]",
        ] {
            let host = host.as_bytes();
            assert_eq!(
                known.is_valid(host),
                is_host(host),
                "{}",
                host.escape_ascii()
            );
        }
    }

    #[test]
    fn heads() {
        let bad = Some(StatusCode::BAD_REQUEST);
        for (method, target, version, hosts, wanted) in [
            ("GET", "/", Version::HTTP_11, &["a"][..], None),
            ("GET", "/", Version::HTTP_11, &[], bad),
            ("GET", "/", Version::HTTP_10, &[], None),
            ("GET", "/", Version::HTTP_10, &["a", "b"], bad),
            ("GET", "/", Version::HTTP_11, &["a", "a"], bad),
            ("GET", "/", Version::HTTP_2, &[], bad),
            ("GET", "/", Version::HTTP_2, &["a"], None),
            ("GET", "/", Version::HTTP_2, &["a", "a"], bad),
            ("GET", "/", Version::HTTP_2, &["a@x"], bad),
            ("GET", "https://a/", Version::HTTP_2, &[], None),
            ("GET", "https://a/", Version::HTTP_2, &["A"], None),
            ("GET", "https://a/", Version::HTTP_2, &["a:443"], None),
            ("GET", "https://a:443/", Version::HTTP_2, &["a"], None),
            ("GET", "http://a/", Version::HTTP_2, &["a:80"], None),
            ("GET", "https://a/", Version::HTTP_2, &["a:80"], bad),
            ("GET", "https://a/", Version::HTTP_2, &["b"], bad),
            ("GET", "https://a/", Version::HTTP_2, &["a.b"], bad),
            ("GET", "https://a/", Version::HTTP_2, &[""], bad),
            ("GET", "https://a/", Version::HTTP_2, &["a", "a"], bad),
            ("GET", "https://a@x/", Version::HTTP_2, &[], bad),
            ("GET", "https://a@x/", Version::HTTP_2, &["x"], bad),
            ("GET", "https://a:b@x/", Version::HTTP_2, &[], bad),
            ("OPTIONS", "*", Version::HTTP_11, &["a"], None),
            ("GET", "*", Version::HTTP_11, &["a"], bad),
            ("GET", "http://a/b", Version::HTTP_11, &["a"], None),
            ("GET", "ftp://a/b", Version::HTTP_11, &["a"], bad),
            ("GET", "http://user@a/", Version::HTTP_11, &["a"], bad),
            ("GET", "a:80", Version::HTTP_11, &["a"], bad),
            (
                "CONNECT",
                "a:80",
                Version::HTTP_11,
                &["a"],
                Some(StatusCode::NOT_IMPLEMENTED),
            ),
        ] {
            let mut request = Request::builder()
                .method(method)
                .uri(target)
                .version(version);
            for host in hosts {
                request = request.header("host", *host);
            }
            let request = request.body(Empty::<Bytes>::new()).unwrap();
            assert_eq!(
                fault(&request, 10, &KnownHost::default()),
                wanted,
                "{method} {target} {version:?} {hosts:?}"
            );
        }
    }

    #[test]
    fn http2_field_values_have_no_blanks_at_their_ends() {
        for (value, wanted) in [
            ("b", None),
            ("", None),
            ("b c", None),
            (" b", Some(StatusCode::BAD_REQUEST)),
            ("b ", Some(StatusCode::BAD_REQUEST)),
            ("\tb", Some(StatusCode::BAD_REQUEST)),
            ("b\t", Some(StatusCode::BAD_REQUEST)),
            (" ", Some(StatusCode::BAD_REQUEST)),
        ] {
            let request = Request::get("https://a/").version(Version::HTTP_2);
            let request = request.header("x", value);
            let request = request.body(Empty::<Bytes>::new()).unwrap();
            assert_eq!(
                fault(&request, 10, &KnownHost::default()),
                wanted,
                "{value:?}"
            );
        }
    }

    #[test]
    fn a_declared_length_is_refused_before_it_is_read() {
        for (body, wanted) in [
            ("0123456789", None),
            ("0123456789X", Some(StatusCode::PAYLOAD_TOO_LARGE)),
        ] {
            let request = Request::post("/").header("host", "a");
            let request = request.body(Full::<Bytes>::from(body)).unwrap();
            assert_eq!(fault(&request, 10, &KnownHost::default()), wanted, "{body}");
        }
    }
}
