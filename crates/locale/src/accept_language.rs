//! `Accept-Language` parser (RFC 9110, section 12.5.4).

use http::{HeaderMap, HeaderValue, header};
use squall_fields::{Weight, weighted};

/// The number of languages that are read. Browsers send five or fewer.
const MAX_LANGUAGES: usize = 50;

/// Returns the languages of `Accept-Language` in order of preference, like Tornado's
/// `get_browser_locale`.
///
/// Several header lines are joined. Excluded are `*`, languages with `q=0` and languages with an
/// invalid weight; languages of equal weight keep their order. An invalid value is never an error,
/// and at most 50 languages are read.
///
/// ```
/// use http::{HeaderMap, HeaderValue, header};
///
/// let languages = HeaderValue::from_static("en;q=0.5, fr-CA, fr;q=0.9, ja;q=0");
/// let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, languages)]);
/// assert_eq!(squall_locale::accept_language(&headers), ["fr-CA", "fr", "en"]);
/// ```
#[must_use]
pub fn accept_language(headers: &HeaderMap) -> Vec<&str> {
    let lines = headers.get_all(header::ACCEPT_LANGUAGE).into_iter();
    let mut languages: Vec<(&str, Weight)> = weighted(lines.map(HeaderValue::as_bytes))
        .take(MAX_LANGUAGES)
        .map(|(range, weight)| (without_parameters(range), weight))
        .filter(|&(language, weight)| !matches!(language, "" | "*") && weight > Weight::ZERO)
        .collect();
    // The sort is stable.
    languages.sort_by_key(|&(_, weight)| std::cmp::Reverse(weight));
    languages
        .into_iter()
        .map(|(language, _)| language)
        .collect()
}

/// A language range has none, but some clients send them.
fn without_parameters(range: &str) -> &str {
    range.split(';').next().unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header::ACCEPT_LANGUAGE};

    use super::{MAX_LANGUAGES, accept_language};

    fn languages(lines: &[&[u8]]) -> String {
        let headers: HeaderMap = lines
            .iter()
            .map(|line| (ACCEPT_LANGUAGE, HeaderValue::from_bytes(line).unwrap()))
            .collect();
        accept_language(&headers).join(" ")
    }

    #[test]
    fn languages_are_sorted_by_weight() {
        let tables: &[(&[&[u8]], &str)] = &[
            (&[], ""),
            (&[b"fr"], "fr"),
            (
                &[b"fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5"],
                "fr-CH fr en de",
            ),
            (&[b"en;q=0.1,fr;q=0.2", b"de;q=0.3"], "de fr en"),
            (&[b"a;q=0.5,b;q=0.50,c;q=0.500"], "a b c"),
            (&[b"a;q=0.001,b;q=1.000,c;q=1."], "b c a"),
            (&[b" a\t; Q=0.5 ,\tb "], "b a"),
            (&[b"a;level=1,b"], "a b"),
            (&[b"a;q=0,b;q=0.0,c;q=0.000,d"], "d"),
        ];
        for (lines, expected) in tables {
            assert_eq!(languages(lines), *expected, "{lines:?}");
        }
    }

    #[test]
    fn invalid_languages_are_skipped() {
        let tables: &[(&[u8], &str)] = &[
            (b"", ""),
            (b",", ""),
            (b", ,;,;;,", ""),
            (b"*", ""),
            (b";q=1", ""),
            (b"a;q=", ""),
            (b"a;q", ""),
            (b"a;", "a"),
            (b"a;=", "a"),
            (b"a;q=x", ""),
            (b"a;q=-1", ""),
            (b"a;q=-0.5", ""),
            (b"a;q=+1", ""),
            (b"a;q=2", ""),
            (b"a;q=1.001", ""),
            (b"a;q=0.0001", ""),
            (b"a;q=00", ""),
            (b"a;q=.5", ""),
            (b"a;q=0,5", "5"),
            (b"a;q=1e3", ""),
            (b"a;q=nan", ""),
            (b"a;q=inf", ""),
            (b"a;q=0x1", ""),
            (b"a;q= 1", ""),
            (b"a;q=\"1\"", ""),
            (b"a;q=0.\xc2\xb2", ""),
            (b"\xff\xfe", ""),
            (b"<script>", "<script>"),
            (b"../../etc/passwd", "../../etc/passwd"),
        ];
        for (line, expected) in tables {
            assert_eq!(languages(&[line]), *expected, "{}", line.escape_ascii());
        }
        let many = "a,".repeat(30_000);
        assert_eq!(
            languages(&[many.as_bytes()]).split(' ').count(),
            MAX_LANGUAGES
        );
    }
}
