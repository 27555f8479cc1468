//! `Accept` negotiation of the page's format (RFC 9110, section 12.5.1).

use http::{HeaderMap, header};

/// The formats of the page; the first one is the default.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    Markdown,
    Html,
    Json,
}

const FORMATS: [(Format, &str, &str); 3] = [
    (Format::Markdown, "text", "plain"),
    (Format::Html, "text", "html"),
    (Format::Json, "application", "json"),
];

impl Format {
    /// Returns the format with the highest weight. Of equal weights, the most specific range wins,
    /// then the first: `application/json, */*` selects JSON.
    pub(crate) fn accepted(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::ACCEPT);
        let text = lines.iter().filter_map(|line| line.to_str().ok());
        let ranges: Vec<_> = text
            .flat_map(|line| line.split(','))
            .filter_map(Range::parse)
            .collect();
        let mut best = (Self::Markdown, (0, 0));
        let mut best_place = usize::MAX;
        for (format, kind, subtype) in FORMATS {
            let matching = ranges.iter().enumerate();
            let matching = matching.filter_map(|(place, range)| {
                let exactness = range.exactness(kind, subtype)?;
                Some((exactness, place, range.weight))
            });
            // The most specific range determines the weight of a type.
            let Some((exactness, place, weight)) =
                matching.max_by_key(|(exactness, place, _)| (*exactness, usize::MAX - place))
            else {
                continue;
            };
            let rank = (weight, exactness);
            if weight > 0 && (rank > best.1 || (rank == best.1 && place < best_place)) {
                best = (format, rank);
                best_place = place;
            }
        }
        best.0
    }
}

struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// In thousandths.
    weight: u16,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';');
        let (kind, subtype) = parts.next()?.trim().split_once('/')?;
        let mut parameters = parts.filter_map(|part| part.trim().split_once('='));
        let q = parameters.find(|(name, _)| name.eq_ignore_ascii_case("q"));
        let weight = match q {
            Some((_, value)) => thousandths(value)?,
            None => 1000,
        };
        Some(Self {
            kind,
            subtype,
            weight,
        })
    }

    fn exactness(&self, kind: &str, subtype: &str) -> Option<u8> {
        match (self.kind, self.subtype) {
            (a, b) if a.eq_ignore_ascii_case(kind) && b.eq_ignore_ascii_case(subtype) => Some(2),
            (a, "*") if a.eq_ignore_ascii_case(kind) => Some(1),
            ("*", "*") => Some(0),
            _ => None,
        }
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

    use super::Format::{self, Html, Json, Markdown};

    #[test]
    fn format_with_highest_weight_is_chosen() {
        let firefox = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let chromium =
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
        for (accept, format) in [
            ("", Markdown),
            ("*/*", Markdown),
            (firefox, Html),
            (chromium, Html),
            ("application/json, text/plain, */*", Json),
            ("application/json", Json),
            ("Application/JSON", Json),
            ("text/*", Markdown),
            ("text/html;q=0.5, application/json;q=0.7", Json),
            ("text/html;level=1;q=0.5, text/plain;q=0.4", Html),
            ("text/html, text/plain", Html),
            ("text/plain, text/html", Markdown),
            ("text/html;q=0, */*", Markdown),
            ("text/plain;q=0, */*;q=0.1", Html),
            ("application/*", Json),
            ("image/png", Markdown),
            ("text/html;q=nonsense", Markdown),
            ("text/html;q=0.001", Html),
            ("text/html;q=1.000, application/json;q=0.999", Html),
            ("text/html;q=0., application/json;q=0.1", Json),
            // A range with an invalid weight is ignored.
            ("text/html;q=9, application/json;q=0.1", Json),
            ("text/html;q=1.001, application/json;q=0.1", Json),
            ("text/html;q=0.9999, application/json;q=0.1", Json),
            ("text/html;q=-1, application/json;q=0.1", Json),
            ("text/html;q=+1, application/json;q=0.1", Json),
            ("text/html;q=.5, application/json;q=0.1", Json),
            ("text/html;q=1e0, application/json;q=0.1", Json),
            ("text/html;q=inf, application/json;q=0.1", Json),
            ("text/html;q=00, application/json;q=0.1", Json),
            ("text/html;q=, application/json;q=0.1", Json),
            ("text/html;q= 1, application/json;q=0.1", Json),
            ("nonsense, ;;, /", Markdown),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(Format::accepted(&headers), format, "{accept}");
        }
        assert_eq!(Format::accepted(&HeaderMap::new()), Markdown);
    }

    #[test]
    fn header_lines_are_one_list() {
        let mut headers = HeaderMap::new();
        for line in ["text/plain;q=0.1", "application/json;q=0.2"] {
            headers.append(header::ACCEPT, HeaderValue::from_static(line));
        }
        assert_eq!(Format::accepted(&headers), Json);
    }
}
