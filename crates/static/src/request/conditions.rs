//! Preconditions: `If-Match`, `If-None-Match` and the date conditions (RFC 9110, section 13).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The validators of a representation.
#[derive(Clone, Debug)]
pub(crate) struct Validators {
    /// A quoted entity tag, with `W/` if it is weak; `None` while the version of an uncached file
    /// is unknown.
    pub(crate) etag: Option<HeaderValue>,
    pub(crate) last_modified: Option<LastModified>,
}

/// The modification time of a file, in seconds.
#[derive(Clone, Debug)]
pub(crate) struct LastModified {
    pub(crate) value: HeaderValue,
    seconds: u64,
}

impl LastModified {
    /// Returns `None` for times that are no useful validators: 0 and 1, which reproducible builds
    /// set, and a time in the future, which must not be sent (RFC 9110, section 8.8.2.1).
    pub(crate) fn new(modified: SystemTime, now: SystemTime) -> Option<Self> {
        let seconds = modified.duration_since(UNIX_EPOCH).ok()?.as_secs();
        // `fmt_http_date` panics for years of five digits.
        const YEAR_10000: u64 = 253_402_300_800;
        if modified > now || !(2..YEAR_10000).contains(&seconds) {
            return None;
        }
        let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        let value = HeaderValue::try_from(text).expect("a date is ASCII");
        Some(Self { value, seconds })
    }
}

/// The outcome of a request's preconditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Process the request.
    Proceed,
    /// Respond with 304: the client's copy is current.
    NotModified,
    /// Respond with 412: a precondition failed.
    Failed,
}

/// The conditional header fields of a request, and `Range`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conditions<'a> {
    headers: &'a HeaderMap,
    present: Present,
}

/// Which fields a request has. Most requests have none, or one: a single pass over the names costs less than
/// a lookup of each.
#[derive(Clone, Copy, Debug, Default)]
struct Present {
    if_match: bool,
    if_unmodified_since: bool,
    if_none_match: bool,
    if_modified_since: bool,
    if_range: bool,
    range: bool,
}

impl<'a> Conditions<'a> {
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        let mut present = Present::default();
        for name in headers.keys() {
            present.if_match |= name == header::IF_MATCH;
            present.if_unmodified_since |= name == header::IF_UNMODIFIED_SINCE;
            present.if_none_match |= name == header::IF_NONE_MATCH;
            present.if_modified_since |= name == header::IF_MODIFIED_SINCE;
            present.if_range |= name == header::IF_RANGE;
            present.range |= name == header::RANGE;
        }
        Self { headers, present }
    }

    /// Whether the response depends on the entity tag.
    pub(crate) fn needs_etag(&self) -> bool {
        self.present.if_match || self.present.if_none_match || self.present.if_range
    }

    /// Evaluates the preconditions of a GET or HEAD request in the order of section 13.2.2.
    pub(crate) fn evaluate(&self, validators: &Validators) -> Outcome {
        let Self { headers, present } = self;
        let etag = validators.etag.as_ref();
        if present.if_match {
            if !any_tag(headers, header::IF_MATCH, |tag| {
                etag.is_some_and(|etag| tag.matches_strongly(etag))
            }) {
                return Outcome::Failed;
            }
        } else if present.if_unmodified_since
            && is_newer(headers, header::IF_UNMODIFIED_SINCE, validators) == Some(true)
        {
            return Outcome::Failed;
        }
        if present.if_none_match {
            // Fast path: clients usually send back the tag that they received.
            let is_same = etag.is_some() && headers.get(header::IF_NONE_MATCH) == etag;
            if is_same
                || any_tag(headers, header::IF_NONE_MATCH, |tag| {
                    etag.is_some_and(|etag| tag.matches_weakly(etag))
                })
            {
                return Outcome::NotModified;
            }
        } else if present.if_modified_since
            && is_newer(headers, header::IF_MODIFIED_SINCE, validators) == Some(false)
        {
            return Outcome::NotModified;
        }
        Outcome::Proceed
    }

    /// Returns the value of `Range` if it applies: it is the only one, and `If-Range` (section 13.1.5)
    /// matches, its entity tag strongly, its date exactly. Otherwise the whole file is sent.
    pub(crate) fn range(&self, validators: &Validators) -> Option<&'a HeaderValue> {
        if !self.present.range {
            return None;
        }
        let mut values = self.headers.get_all(header::RANGE).iter();
        let (value, None) = (values.next()?, values.next()) else {
            return None;
        };
        self.range_applies(validators).then_some(value)
    }

    fn range_applies(&self, validators: &Validators) -> bool {
        let mut values = self.headers.get_all(header::IF_RANGE).iter();
        match (values.next(), values.next()) {
            (None, _) => true,
            (Some(value), None) => match next_tag(value.as_bytes()) {
                Some((tag, rest)) => {
                    rest.is_empty()
                        && validators
                            .etag
                            .as_ref()
                            .is_some_and(|etag| tag.matches_strongly(etag))
                }
                None => validators
                    .last_modified
                    .as_ref()
                    .is_some_and(|date| date.value == value),
            },
            _ => false,
        }
    }
}

/// Whether the file was modified after the date in this header. `None` without exactly one valid
/// date, or without a modification time.
fn is_newer(headers: &HeaderMap, name: HeaderName, validators: &Validators) -> Option<bool> {
    let mut values = headers.get_all(name).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let modified = validators.last_modified.as_ref()?;
    // Fast path: clients usually send back the value that they received.
    if modified.value == value {
        return Some(false);
    }
    let date = httpdate::parse_http_date(value.to_str().ok()?).ok()?;
    let seconds = date
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    Some(modified.seconds > seconds)
}

/// Whether the list contains a matching entity tag, or is `*`, which matches any representation.
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
    /// Includes the quotes.
    quoted: &'a [u8],
}

impl Tag<'_> {
    /// Strong comparison (section 8.8.3.2): weak tags never match.
    fn matches_strongly(&self, etag: &HeaderValue) -> bool {
        !self.is_weak && self.quoted == etag.as_bytes()
    }

    fn matches_weakly(&self, etag: &HeaderValue) -> bool {
        let etag = etag.as_bytes();
        self.quoted == etag.strip_prefix(b"W/").unwrap_or(etag)
    }
}

/// Parses the first tag of a list; returns it with the rest. `None` at the end, or at a syntax
/// error.
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
    fn preconditions_are_evaluated_in_order() {
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
            // If-None-Match overrides If-Modified-Since.
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
            // If-Match overrides If-Unmodified-Since; both take precedence over the others.
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
                Conditions::of(&headers(&lines)).evaluate(&validators(etag)),
                wanted,
                "{etag}: {lines}"
            );
        }
    }

    #[test]
    fn range_applies_only_with_strong_tag_or_equal_date() {
        for (etag, lines, wanted) in [
            ("\"a\"", "accept: */*".into(), true),
            ("\"a\"", "range: bytes=0-1".into(), false),
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
            let headers = headers(&format!("{lines}\nrange: bytes=0-1"));
            assert_eq!(
                Conditions::of(&headers).range(&validators(etag)).is_some(),
                wanted,
                "{etag}: {lines}"
            );
        }
    }

    #[test]
    fn times_that_are_no_validators_are_omitted() {
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
