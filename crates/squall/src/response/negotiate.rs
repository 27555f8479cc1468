//! `Accept` negotiation of a default error page (RFC 9110, section 12.5.1).

use http::{HeaderMap, HeaderValue, header};
use squall_fields::preferred;

/// The media type of a default error page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    Text,
    Html,
    Json,
}

const FORMATS: [(Format, &str); 3] = [
    (Format::Text, "text/plain"),
    (Format::Html, "text/html"),
    (Format::Json, "application/json"),
];

/// `Accept` of a request that is being handled. Only a few requests need it.
pub(crate) enum Accept {
    Value(Option<HeaderValue>),
    /// All headers: moving them is cheaper than a search.
    In(HeaderMap),
}

impl Accept {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self::Value(accept(headers))
    }

    pub(crate) fn into_value(self) -> Option<HeaderValue> {
        match self {
            Self::Value(value) => value,
            Self::In(headers) => accept(&headers),
        }
    }
}

/// Returns the value of `Accept`; its lines are one list.
pub(crate) fn accept(headers: &HeaderMap) -> Option<HeaderValue> {
    let first = headers.get(header::ACCEPT)?;
    // To see that no header is repeated is cheaper than to look for another line.
    if headers.len() == headers.keys_len() {
        return Some(first.clone());
    }
    let lines: Vec<_> = headers.get_all(header::ACCEPT).iter().collect();
    let lines: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
    HeaderValue::from_bytes(&lines.join(&b", "[..])).ok()
}

impl Format {
    /// Returns the format that the client prefers; text if it accepts none.
    pub(crate) fn preferred(accept: Option<&HeaderValue>) -> Self {
        preferred(accept.map(HeaderValue::as_bytes), &FORMATS).unwrap_or(Self::Text)
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
