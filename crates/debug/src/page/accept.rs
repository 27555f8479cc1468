//! `Accept` negotiation of the page's format (RFC 9110, section 12.5.1).

use http::{HeaderMap, HeaderValue, header};
use squall_fields::preferred;

/// The formats of the page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    Markdown,
    Html,
    Json,
}

const FORMATS: [(Format, &str); 3] = [
    (Format::Markdown, "text/plain"),
    (Format::Html, "text/html"),
    (Format::Json, "application/json"),
];

impl Format {
    /// Returns the format that the client prefers; Markdown if it accepts none.
    pub(crate) fn accepted(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::ACCEPT).iter();
        preferred(lines.map(HeaderValue::as_bytes), &FORMATS).unwrap_or(Self::Markdown)
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
            ("application/problem+json", Json),
            ("text/x+html, application/json;q=0.5", Html),
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
