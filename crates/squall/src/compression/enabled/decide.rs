//! Whether a response is compressed: by the request's `Accept-Encoding` and the response's headers.

use http::{HeaderMap, HeaderValue, StatusCode, header};
use squall_fields::{MediaType, Weight, weighted};

/// In bytes. Tornado's; a smaller response fits into one packet as it is.
const MIN_LENGTH: u64 = 1024;

/// Whether the client accepts gzip, and does not prefer a response without a coding (RFC 9110, section
/// 12.5.3).
pub(super) fn accepts_gzip(request: &HeaderMap) -> bool {
    let (mut gzip, mut any, mut identity) = (None, None, None);
    let lines = request.get_all(header::ACCEPT_ENCODING).iter();
    for (coding, weight) in weighted(lines.map(HeaderValue::as_bytes)) {
        let coding = coding.to_ascii_lowercase();
        match &*coding {
            "gzip" | "x-gzip" => gzip = Some(weight),
            "identity" => identity = Some(weight),
            "*" => any = Some(weight),
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(Weight::ZERO);
    gzip > Weight::ZERO && gzip >= identity.unwrap_or(Weight::ZERO)
}

/// Whether a response gains from compression and may have a content coding. `length` is that of the body,
/// if it is known.
pub(super) fn is_compressible(
    status: StatusCode,
    headers: &HeaderMap,
    length: Option<u64>,
) -> bool {
    let has_body = !status.is_informational()
        && !matches!(
            status,
            StatusCode::NO_CONTENT | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED
        );
    // A response to HEAD has the length of the one to GET, and no body.
    let announced = headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse().ok());
    let is_long = announced
        .or(length)
        .is_none_or(|length: u64| length >= MIN_LENGTH);
    has_body
        && is_long
        && !headers.contains_key(header::CONTENT_ENCODING)
        && !headers.contains_key(header::CONTENT_RANGE)
        && !has_directive(headers)
        && has_text(headers)
}

/// Whether `Cache-Control` marks a secret, or forbids a content coding (RFC 9111, section 5.2.2).
fn has_directive(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::CACHE_CONTROL).iter();
    let mut directives = lines.flat_map(|line| line.as_bytes().split(|&byte| byte == b','));
    directives.any(|directive| {
        let directive = directive.trim_ascii();
        directive.eq_ignore_ascii_case(b"no-store")
            || directive.eq_ignore_ascii_case(b"no-transform")
    })
}

/// Whether the media type is one of texts. Events have to arrive at once, and other types are compressed
/// already.
fn has_text(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let Some(kind) = value.and_then(|value| MediaType::parse(value.as_bytes())) else {
        return false;
    };
    let is_text = kind.kind().eq_ignore_ascii_case("text") && !kind.is("text/event-stream");
    let is_structured = kind.has_suffix("json") || kind.has_suffix("xml");
    is_text
        || is_structured
        || [
            "application/json",
            "application/javascript",
            "application/xml",
            "application/wasm",
        ]
        .iter()
        .any(|essence| kind.is(essence))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

    use super::{accepts_gzip, is_compressible};

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let lines = lines.iter().map(|&(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        lines.collect()
    }

    #[test]
    fn gzip_is_accepted_by_name_or_by_the_wildcard() {
        for (value, is_accepted) in [
            ("gzip", true),
            ("gzip, deflate, br, zstd", true),
            ("GZIP;q=0.5", true),
            ("x-gzip", true),
            ("*", true),
            ("br, *;q=0.1", true),
            ("identity;q=0.5, gzip", true),
            ("identity;q=0, gzip", true),
            ("", false),
            ("br", false),
            ("gzip;q=0", false),
            ("gzip;q=0, *", false),
            ("*;q=0", false),
            ("identity, gzip;q=0.5", false),
            ("gzip;q=9", false),
            ("gzipped", false),
        ] {
            let request = headers(&[("accept-encoding", value)]);
            assert_eq!(accepts_gzip(&request), is_accepted, "{value}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[test]
    fn texts_of_some_length_without_a_coding_are_compressible() {
        const HTML: (&str, &str) = ("content-type", "text/html; charset=utf-8");
        for (status, lines, length, expected) in [
            (200, &[HTML][..], Some(1024), true),
            (200, &[HTML], Some(1023), false),
            (200, &[HTML], None, true),
            (404, &[HTML], None, true),
            (200, &[HTML, ("content-length", "2000")], Some(0), true),
            (200, &[HTML, ("content-length", "20")], Some(0), false),
            (204, &[HTML], None, false),
            (206, &[HTML], None, false),
            (304, &[HTML], None, false),
            (200, &[], None, false),
            (200, &[("content-type", "text")], None, false),
            (200, &[("content-type", "application/json")], None, true),
            (
                200,
                &[("content-type", "application/problem+json")],
                None,
                true,
            ),
            (200, &[("content-type", "text/css")], None, true),
            (200, &[("content-type", "Text/JavaScript")], None, true),
            (200, &[("content-type", "image/svg+xml")], None, true),
            (200, &[("content-type", "application/wasm")], None, true),
            (200, &[("content-type", "text/event-stream")], None, false),
            (200, &[("content-type", "image/png")], None, false),
            (200, &[("content-type", "video/mp4")], None, false),
            (200, &[("content-type", "font/woff2")], None, false),
            (
                200,
                &[("content-type", "application/octet-stream")],
                None,
                false,
            ),
            (200, &[("content-type", "application/grpc")], None, false),
            (200, &[HTML, ("content-encoding", "br")], None, false),
            (200, &[HTML, ("content-encoding", "identity")], None, false),
            (200, &[HTML, ("content-range", "bytes 0-9/10")], None, false),
            (200, &[HTML, ("cache-control", "no-store")], None, false),
            (
                200,
                &[HTML, ("cache-control", "private, No-Store")],
                None,
                false,
            ),
            (
                200,
                &[HTML, ("cache-control", "public,no-transform")],
                None,
                false,
            ),
            (
                200,
                &[HTML, ("cache-control", "private, max-age=1")],
                None,
                true,
            ),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let found = is_compressible(status, &headers(lines), length);
            assert_eq!(found, expected, "{status} {lines:?} {length:?}");
        }
    }
}
