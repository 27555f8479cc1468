//! `Accept` negotiation of a default error page (RFC 9110, section 12.5.1).

use http::{HeaderMap, HeaderValue, header};

/// The media type of a default error page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    Text,
    Html,
    Json,
}

/// The first one is the default. A type with the suffix `+json` is JSON as well.
const FORMATS: [(Format, &str, &str); 3] = [
    (Format::Text, "text", "plain"),
    (Format::Html, "text", "html"),
    (Format::Json, "application", "json"),
];

/// Returns the value of `Accept`; its lines are one list.
pub(crate) fn accept(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut lines = headers.get_all(header::ACCEPT).iter();
    let first = lines.next()?;
    if lines.next().is_none() {
        return Some(first.clone());
    }
    let lines: Vec<_> = headers.get_all(header::ACCEPT).iter().collect();
    let lines: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
    HeaderValue::from_bytes(&lines.join(&b", "[..])).ok()
}

impl Format {
    /// Returns the format with the highest weight. Of equal weights, the most specific range wins,
    /// then the first: `application/json, */*` selects JSON.
    pub(crate) fn preferred(accept: Option<&HeaderValue>) -> Self {
        let text = accept.and_then(|value| value.to_str().ok()).unwrap_or("");
        // The most specific range of a format determines its weight.
        let mut matched = [None; FORMATS.len()];
        for (place, range) in text.split(',').enumerate() {
            let Some((range, weight)) = parse(range) else {
                continue;
            };
            for (&(_, kind, subtype), best) in FORMATS.iter().zip(&mut matched) {
                let Some(exactness) = exactness(range, kind, subtype) else {
                    continue;
                };
                if best.is_none_or(|(_, other, _)| other < exactness) {
                    *best = Some((weight, exactness, place));
                }
            }
        }
        let formats = FORMATS.iter().zip(matched);
        let accepted = formats.filter_map(|((format, ..), best)| {
            let (weight, exactness, place) = best.filter(|(weight, ..)| *weight > 0)?;
            Some(((weight, exactness), place, *format))
        });
        accepted
            .reduce(|best, other| {
                let is_earlier = other.0 == best.0 && other.1 < best.1;
                if other.0 > best.0 || is_earlier {
                    other
                } else {
                    best
                }
            })
            .map_or(Self::Text, |(.., format)| format)
    }
}

/// Returns the type and subtype of a media range, and its weight in thousandths.
fn parse(range: &str) -> Option<((&str, &str), u16)> {
    let mut parts = range.split(';');
    let range = parts.next()?.trim().split_once('/')?;
    let mut parameters = parts.filter_map(|part| part.trim().split_once('='));
    let q = parameters.find(|(name, _)| name.eq_ignore_ascii_case("q"));
    let weight = q.map_or(Some(1000), |(_, value)| thousandths(value))?;
    Some((range, weight))
}

fn exactness((a, b): (&str, &str), kind: &str, subtype: &str) -> Option<u8> {
    let has_suffix = || {
        let suffix = b.rsplit_once('+').map_or("", |(_, suffix)| suffix);
        kind == "application" && suffix.eq_ignore_ascii_case(subtype)
    };
    match (a.eq_ignore_ascii_case(kind), b) {
        (true, b) if b.eq_ignore_ascii_case(subtype) || has_suffix() => Some(2),
        (true, "*") => Some(1),
        (_, "*") if a == "*" => Some(0),
        _ => None,
    }
}

/// Parses a `qvalue` (RFC 9110, section 12.4.2): 0 to 1 with at most three decimals.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header};

    use super::{
        Format::{self, Html, Json, Text},
        accept,
    };

    #[test]
    fn format_with_highest_weight_is_chosen() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (value, format) in [
            ("", Text),
            ("*/*", Text),
            (browser, Html),
            ("application/json, text/plain, */*", Json),
            ("application/problem+json", Json),
            ("application/vnd.api+json", Json),
            ("Application/JSON", Json),
            ("TEXT/Html", Html),
            ("text/*", Text),
            ("application/*", Json),
            ("text/html;q=0.5, application/json;q=0.7", Json),
            ("text/html;level=1;q=0.5, text/plain;q=0.4", Html),
            ("text/html; charset=utf-8; Q=0.5, text/plain;q=0.6", Text),
            ("text/html, text/plain", Html),
            ("text/plain, text/html", Text),
            ("text/html;q=0, */*", Text),
            ("text/plain;q=0, */*;q=0.1", Html),
            ("text/html;q=0.001", Html),
            ("image/avif,image/webp,*/*;q=0.8", Text),
            // Without an acceptable one, the response is better than none.
            ("image/png", Text),
            ("text/plain;q=0, text/html;q=0, application/json;q=0", Text),
            ("*/*;q=0", Text),
            // A malformed range is ignored.
            ("nonsense, ;;, /, text/, /html, ,,", Text),
            ("text/html;q=nonsense", Text),
            ("text/html;q=9, application/json;q=0.1", Json),
            ("text/html;q=1.001, application/json;q=0.1", Json),
            ("text/html;q=0.9999, application/json;q=0.1", Json),
            ("text/html;q=-1, application/json;q=0.1", Json),
            ("text/html;q=+1, application/json;q=0.1", Json),
            ("text/html;q=.5, application/json;q=0.1", Json),
            ("text/html;q=1e0, application/json;q=0.1", Json),
            ("text/html;q=, application/json;q=0.1", Json),
            ("text/html;q= 1, application/json;q=0.1", Json),
            ("*/html", Text),
            ("application/+json", Json),
            ("application/json+", Text),
            ("text/x+json", Text),
        ] {
            let accept = HeaderValue::from_static(value);
            assert_eq!(Format::preferred(Some(&accept)), format, "{value}");
        }
        assert_eq!(Format::preferred(None), Text);
        let bytes = HeaderValue::from_bytes(b"text/html\xff").unwrap();
        assert_eq!(Format::preferred(Some(&bytes)), Text);
        let long = HeaderValue::try_from("text/html;q=0.1,".repeat(4000)).unwrap();
        assert_eq!(Format::preferred(Some(&long)), Html);
    }

    #[test]
    fn lines_are_one_list() {
        let mut headers = HeaderMap::new();
        assert_eq!(accept(&headers), None);
        for line in ["text/plain;q=0.1", "application/json;q=0.2"] {
            headers.append(header::ACCEPT, HeaderValue::from_static(line));
        }
        let value = accept(&headers);
        let joined = HeaderValue::from_static("text/plain;q=0.1, application/json;q=0.2");
        assert_eq!(value, Some(joined));
        assert_eq!(Format::preferred(value.as_ref()), Json);
    }
}
