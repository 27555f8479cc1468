//! Preconditions: what a client says it has against what there is (RFC 9110, section 13).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// What a representation can be recognized by.
#[derive(Clone, Debug)]
pub(crate) struct Validators {
    /// An entity tag, quoted, with `W/` where it is weak; not known for a great file at first.
    pub(crate) etag: Option<HeaderValue>,
    pub(crate) last_modified: Option<LastModified>,
}

/// When a file was last written, to the second.
#[derive(Clone, Debug)]
pub(crate) struct LastModified {
    pub(crate) value: HeaderValue,
    seconds: u64,
}

impl LastModified {
    /// `None` for times that say nothing: zero and one are what reproducible builds set, and one
    /// in the future is not a date that may be sent (RFC 9110, section 8.8.2.1).
    pub(crate) fn new(modified: SystemTime, now: SystemTime) -> Option<Self> {
        let seconds = modified.duration_since(UNIX_EPOCH).ok()?.as_secs();
        // The formatter takes four digits of a year.
        const YEAR_10000: u64 = 253_402_300_800;
        if modified > now || !(2..YEAR_10000).contains(&seconds) {
            return None;
        }
        let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        let value = HeaderValue::try_from(text).expect("a date is ASCII");
        Some(Self { value, seconds })
    }
}

/// What a request's preconditions come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Go on with the request.
    Proceed,
    /// 304: the client has it.
    NotModified,
    /// 412: the client has something else.
    Failed,
}

/// Evaluates the preconditions of a GET or HEAD in the order of section 13.2.2.
pub(crate) fn evaluate(headers: &HeaderMap, validators: &Validators) -> Outcome {
    let etag = validators.etag.as_ref();
    if headers.contains_key(header::IF_MATCH) {
        if !any_tag(headers, header::IF_MATCH, |tag| {
            etag.is_some_and(|etag| tag.is_strongly(etag))
        }) {
            return Outcome::Failed;
        }
    } else if is_newer(headers, header::IF_UNMODIFIED_SINCE, validators) == Some(true) {
        return Outcome::Failed;
    }
    if headers.contains_key(header::IF_NONE_MATCH) {
        if any_tag(headers, header::IF_NONE_MATCH, |tag| {
            etag.is_some_and(|etag| tag.is_weakly(etag))
        }) {
            return Outcome::NotModified;
        }
    } else if is_newer(headers, header::IF_MODIFIED_SINCE, validators) == Some(false) {
        return Outcome::NotModified;
    }
    Outcome::Proceed
}

/// Whether a `Range` counts, as `If-Range` says (section 13.1.5): with the same strong tag, or
/// exactly the same date. Anything else asks for the whole.
pub(crate) fn range_counts(headers: &HeaderMap, validators: &Validators) -> bool {
    let mut values = headers.get_all(header::IF_RANGE).iter();
    match (values.next(), values.next()) {
        (None, _) => true,
        (Some(value), None) => match next_tag(value.as_bytes()) {
            Some((tag, rest)) => {
                rest.is_empty()
                    && validators
                        .etag
                        .as_ref()
                        .is_some_and(|etag| tag.is_strongly(etag))
            }
            None => validators
                .last_modified
                .as_ref()
                .is_some_and(|date| date.value == value),
        },
        _ => false,
    }
}

/// Whether the file is newer than the date in this header; `None` if there is none, or no valid
/// one, or several, or the file has no date.
fn is_newer(headers: &HeaderMap, name: HeaderName, validators: &Validators) -> Option<bool> {
    let mut values = headers.get_all(name).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let modified = validators.last_modified.as_ref()?;
    // A client that sends a date mostly sends the one that it got.
    if modified.value == value {
        return Some(false);
    }
    let date = httpdate::parse_http_date(value.to_str().ok()?).ok()?;
    let seconds = date
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    Some(modified.seconds > seconds)
}

/// Whether any tag of this list is the one, or the list is `*`, which stands for whatever there is.
fn any_tag(headers: &HeaderMap, name: HeaderName, is_it: impl Fn(&Tag<'_>) -> bool) -> bool {
    headers.get_all(name).iter().any(|value| {
        let mut rest = value.as_bytes();
        if rest.trim_ascii() == b"*" {
            return true;
        }
        while let Some((tag, after)) = next_tag(rest) {
            if is_it(&tag) {
                return true;
            }
            rest = after;
        }
        false
    })
}

/// An entity tag (section 8.8.3).
struct Tag<'a> {
    is_weak: bool,
    /// With its quotes.
    quoted: &'a [u8],
}

impl Tag<'_> {
    /// Section 8.8.3.2: weak tags are never the same.
    fn is_strongly(&self, etag: &HeaderValue) -> bool {
        !self.is_weak && self.quoted == etag.as_bytes()
    }

    fn is_weakly(&self, etag: &HeaderValue) -> bool {
        let etag = etag.as_bytes();
        self.quoted == etag.strip_prefix(b"W/").unwrap_or(etag)
    }
}

/// The first tag of a list and what comes after it; `None` at the end, and where the list is no
/// longer one.
fn next_tag(list: &[u8]) -> Option<(Tag<'_>, &[u8])> {
    let start = list
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'\t' | b','))?;
    let list = &list[start..];
    let (is_weak, quoted) = match list.strip_prefix(b"W/") {
        Some(quoted) => (true, quoted),
        None => (false, list),
    };
    let inside = quoted.strip_prefix(b"\"")?;
    let end = inside.iter().position(|byte| *byte == b'"')?;
    let (quoted, rest) = quoted.split_at(end + 2);
    let rest = rest.trim_ascii_start();
    let ends_well = rest.is_empty() || rest[0] == b',';
    ends_well.then_some((Tag { is_weak, quoted }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

    fn validators(etag: &'static str) -> Validators {
        let modified = UNIX_EPOCH + Duration::from_millis(784_111_777_999);
        Validators {
            etag: (!etag.is_empty()).then(|| HeaderValue::from_static(etag)),
            last_modified: LastModified::new(modified, SystemTime::now()),
        }
    }

    fn headers(lines: &str) -> HeaderMap {
        let mut map = HeaderMap::new();
        for line in lines.lines() {
            let (name, value) = line.split_once(": ").unwrap();
            map.append(
                HeaderName::try_from(name).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        map
    }

    #[test]
    fn preconditions() {
        use Outcome::{Failed, NotModified, Proceed};
        let date = |name: &str, date: &str| format!("{name}: {date}");
        for (etag, lines, wanted) in [
            ("\"a\"", String::new(), Proceed),
            // If-None-Match, section 13.1.2.
            ("\"a\"", "if-none-match: \"a\"".into(), NotModified),
            ("\"a\"", "if-none-match: W/\"a\"".into(), NotModified),
            ("W/\"a\"", "if-none-match: \"a\"".into(), NotModified),
            ("W/\"a\"", "if-none-match: W/\"a\"".into(), NotModified),
            ("\"a\"", "if-none-match: *".into(), NotModified),
            ("\"a\"", "if-none-match: \"b\"".into(), Proceed),
            ("\"a\"", "if-none-match: \"A\"".into(), Proceed),
            ("\"a\"", "if-none-match: \"b\", \"a\"".into(), NotModified),
            (
                "\"a\"",
                "if-none-match: ,\"b\",,\t\"a\" ,".into(),
                NotModified,
            ),
            (
                "\"a\"",
                "if-none-match: \"b\"\nif-none-match: \"a\"".into(),
                NotModified,
            ),
            (
                "\"a\"",
                "if-none-match: \"x,\\\", \"a\"".into(),
                NotModified,
            ),
            (
                "\"a\"",
                "if-none-match: \"x, y\", \"a\"".into(),
                NotModified,
            ),
            ("\"a\"", "if-none-match: a".into(), Proceed),
            ("\"a\"", "if-none-match: \"a".into(), Proceed),
            ("\"a\"", "if-none-match: a\"".into(), Proceed),
            ("\"a\"", "if-none-match: w/\"a\"".into(), Proceed),
            ("\"a\"", "if-none-match: 'a'".into(), Proceed),
            ("\"a\"", "if-none-match: \"b\" \"a\"".into(), Proceed),
            ("\"a\"", "if-none-match: ".into(), Proceed),
            ("", "if-none-match: \"a\"".into(), Proceed),
            // If-Modified-Since, section 13.1.3.
            ("\"a\"", date("if-modified-since", DATE), NotModified),
            ("\"a\"", date("if-modified-since", LATER), NotModified),
            ("\"a\"", date("if-modified-since", EARLIER), Proceed),
            (
                "\"a\"",
                date("if-modified-since", "Sunday, 06-Nov-94 08:49:37 GMT"),
                NotModified,
            ),
            (
                "\"a\"",
                date("if-modified-since", "Sun Nov  6 08:49:37 1994"),
                NotModified,
            ),
            (
                "\"a\"",
                date("if-modified-since", "1994-11-06T08:49:37Z"),
                Proceed,
            ),
            ("\"a\"", date("if-modified-since", "784111777"), Proceed),
            (
                "\"a\"",
                date("if-modified-since", "Sun, 32 Nov 2094 08:49:37 GMT"),
                Proceed,
            ),
            (
                "\"a\"",
                date("if-modified-since", "Sun, 06 Nov 1994 08:49:37 PST"),
                Proceed,
            ),
            ("\"a\"", date("if-modified-since", ""), Proceed),
            (
                "\"a\"",
                date("if-modified-since", "Thu, 01 Jan 1970 00:00:00 GMT"),
                Proceed,
            ),
            (
                "\"a\"",
                format!("if-modified-since: {DATE}\nif-modified-since: {DATE}"),
                Proceed,
            ),
            // If-None-Match silences If-Modified-Since.
            (
                "\"a\"",
                format!("if-none-match: \"b\"\nif-modified-since: {DATE}"),
                Proceed,
            ),
            (
                "\"a\"",
                format!("if-none-match: \"a\"\nif-modified-since: {EARLIER}"),
                NotModified,
            ),
            // If-Match, section 13.1.1.
            ("\"a\"", "if-match: \"a\"".into(), Proceed),
            ("\"a\"", "if-match: \"b\", \"a\"".into(), Proceed),
            ("\"a\"", "if-match: *".into(), Proceed),
            ("\"a\"", "if-match: \"b\"".into(), Failed),
            ("\"a\"", "if-match: W/\"a\"".into(), Failed),
            ("W/\"a\"", "if-match: W/\"a\"".into(), Failed),
            ("W/\"a\"", "if-match: \"a\"".into(), Failed),
            ("\"a\"", "if-match: a".into(), Failed),
            ("\"a\"", "if-match: ".into(), Failed),
            // If-Unmodified-Since, section 13.1.4.
            ("\"a\"", date("if-unmodified-since", DATE), Proceed),
            ("\"a\"", date("if-unmodified-since", LATER), Proceed),
            ("\"a\"", date("if-unmodified-since", EARLIER), Failed),
            ("\"a\"", date("if-unmodified-since", "yesterday"), Proceed),
            // If-Match silences If-Unmodified-Since; both come before the others.
            (
                "\"a\"",
                format!("if-match: \"a\"\nif-unmodified-since: {EARLIER}"),
                Proceed,
            ),
            (
                "\"a\"",
                "if-match: \"b\"\nif-none-match: \"a\"".into(),
                Failed,
            ),
            (
                "\"a\"",
                "if-match: \"a\"\nif-none-match: \"a\"".into(),
                NotModified,
            ),
            (
                "\"a\"",
                format!("if-unmodified-since: {EARLIER}\nif-none-match: \"a\""),
                Failed,
            ),
        ] {
            assert_eq!(
                evaluate(&headers(&lines), &validators(etag)),
                wanted,
                "{etag}: {lines}"
            );
        }
    }

    #[test]
    fn if_range() {
        for (etag, lines, wanted) in [
            ("\"a\"", String::new(), true),
            ("\"a\"", "if-range: \"a\"".into(), true),
            ("\"a\"", "if-range: \"b\"".into(), false),
            ("\"a\"", "if-range: W/\"a\"".into(), false),
            ("W/\"a\"", "if-range: W/\"a\"".into(), false),
            ("W/\"a\"", "if-range: \"a\"".into(), false),
            ("\"a\"", "if-range: \"a\", \"b\"".into(), false),
            ("\"a\"", "if-range: *".into(), false),
            ("\"a\"", "if-range: a".into(), false),
            ("\"a\"", "if-range: ".into(), false),
            ("\"a\"", format!("if-range: {DATE}"), true),
            ("\"a\"", format!("if-range: {EARLIER}"), false),
            ("\"a\"", format!("if-range: {LATER}"), false),
            ("\"a\"", "if-range: \"a\"\nif-range: \"a\"".into(), false),
        ] {
            assert_eq!(
                range_counts(&headers(&lines), &validators(etag)),
                wanted,
                "{etag}: {lines}"
            );
        }
    }

    #[test]
    fn dates_that_say_nothing() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        for (modified, wanted) in [
            (at(0), None),
            (at(1), None),
            (UNIX_EPOCH - Duration::from_secs(1), None),
            (at(2), Some("Thu, 01 Jan 1970 00:00:02 GMT")),
            (now, Some("Sun, 09 Sep 2001 01:46:40 GMT")),
            (now + Duration::from_secs(1), None),
            (at(300_000_000_000), None),
        ] {
            let found = LastModified::new(modified, now);
            assert_eq!(
                found.as_ref().map(|date| date.value.to_str().unwrap()),
                wanted
            );
        }
        assert!(LastModified::new(at(300_000_000_000), at(400_000_000_000)).is_none());
    }
}
