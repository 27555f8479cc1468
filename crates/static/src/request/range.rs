//! `Range` header parser (RFC 9110, section 14.2).

use std::ops::Range;

/// A request with more ranges gets the whole file. PDF viewers request only a few.
pub(crate) const MAX_RANGES: usize = 16;

/// The requested ranges of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RequestedRanges {
    /// The whole file. Also for a header that is invalid or unsupported, since a server may ignore
    /// `Range`.
    Whole,
    /// One range, not empty.
    One(Range<u64>),
    /// At least two ranges in the client's order, none empty, without overlap.
    Many(Vec<Range<u64>>),
    /// All ranges start after the end of the file.
    Unsatisfiable,
}

impl RequestedRanges {
    /// Parses the value of a `Range` header for a file of this length.
    ///
    /// Too many or overlapping ranges usually are an attack (RFC 9110, section 14.2, last
    /// paragraph); the header is then ignored.
    pub(crate) fn parse(value: &[u8], length: u64) -> Self {
        Self::from_set(value, length).unwrap_or(Self::Whole)
    }

    fn from_set(value: &[u8], length: u64) -> Option<Self> {
        let value = std::str::from_utf8(value).ok()?;
        let (unit, set) = value.split_once('=')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        let mut ranges = Vec::new();
        let mut count = 0;
        // Empty list elements must be ignored (section 5.6.1.2).
        for spec in set.split(',').map(trim).filter(|spec| !spec.is_empty()) {
            count += 1;
            if count > MAX_RANGES {
                return None;
            }
            match range(spec, length)? {
                // A suffix of an empty file is the whole file, for which no Content-Range exists.
                _ if length == 0 && spec.starts_with('-') && spec != "-0" => return None,
                range if range.is_empty() => {}
                range => ranges.push(range),
            }
        }
        match (count, ranges.len()) {
            (0, _) => None,
            (_, 0) => Some(Self::Unsatisfiable),
            (_, 1) => ranges.pop().map(Self::One),
            _ if overlap(&ranges) => None,
            _ => Some(Self::Many(ranges)),
        }
    }
}

/// Trims optional whitespace (OWS): spaces and tabs.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// Parses `0-499`, `500-` or `-500`, clamped to the length; `None` for a syntax error.
fn range(spec: &str, length: u64) -> Option<Range<u64>> {
    let (first, last) = spec.split_once('-')?;
    match (first, last) {
        ("", suffix) => Some(length.saturating_sub(number(suffix)?)..length),
        (first, "") => Some(number(first)?.min(length)..length),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then(|| first.min(length)..last.saturating_add(1).min(length))
        }
    }
}

/// Parses a number; one that overflows is beyond the end of every file.
fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

fn overlap(ranges: &[Range<u64>]) -> bool {
    let mut sorted: Vec<_> = ranges.iter().collect();
    sorted.sort_unstable_by_key(|range| range.start);
    sorted.windows(2).any(|pair| pair[0].end > pair[1].start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(length: u64, table: &[(&str, RequestedRanges)]) {
        for (value, wanted) in table {
            assert_eq!(
                RequestedRanges::parse(value.as_bytes(), length),
                *wanted,
                "{value}"
            );
        }
    }

    #[test]
    fn single_range_is_clamped_to_the_length() {
        check(
            1000,
            &[
                ("bytes=0-0", RequestedRanges::One(0..1)),
                ("bytes=0-499", RequestedRanges::One(0..500)),
                ("bytes=500-999", RequestedRanges::One(500..1000)),
                ("bytes=500-", RequestedRanges::One(500..1000)),
                ("bytes=0-", RequestedRanges::One(0..1000)),
                ("bytes=-1", RequestedRanges::One(999..1000)),
                ("bytes=-1000", RequestedRanges::One(0..1000)),
                ("bytes=-5000", RequestedRanges::One(0..1000)),
                ("bytes=0-5000", RequestedRanges::One(0..1000)),
                ("bytes=999-", RequestedRanges::One(999..1000)),
                (
                    "bytes=999-99999999999999999999999",
                    RequestedRanges::One(999..1000),
                ),
                (
                    "bytes=0-18446744073709551615",
                    RequestedRanges::One(0..1000),
                ),
                (
                    "bytes=-99999999999999999999999",
                    RequestedRanges::One(0..1000),
                ),
                (
                    "bytes=0000000000000000000000001-2",
                    RequestedRanges::One(1..3),
                ),
                ("Bytes=0-1", RequestedRanges::One(0..2)),
                ("bytes= 0-1 ", RequestedRanges::One(0..2)),
                ("bytes=,0-1,\t,", RequestedRanges::One(0..2)),
                // Ranges after the end are ignored.
                ("bytes=0-1,1000-", RequestedRanges::One(0..2)),
                ("bytes=2000-3000,-0,0-1", RequestedRanges::One(0..2)),
            ],
        );
    }

    #[test]
    fn several_ranges_must_not_overlap() {
        check(
            1000,
            &[
                ("bytes=0-1,4-5", RequestedRanges::Many(vec![0..2, 4..6])),
                ("bytes=4-5, 0-1", RequestedRanges::Many(vec![4..6, 0..2])),
                ("bytes=0-1,2-3", RequestedRanges::Many(vec![0..2, 2..4])),
                ("bytes=0-0,-1", RequestedRanges::Many(vec![0..1, 999..1000])),
                (
                    "bytes=0-0,2000-,5-5",
                    RequestedRanges::Many(vec![0..1, 5..6]),
                ),
                ("bytes=0-1,1-2", RequestedRanges::Whole),
                ("bytes=0-,0-", RequestedRanges::Whole),
                ("bytes=0-999,-1", RequestedRanges::Whole),
                ("bytes=5-9,0-4,4-4", RequestedRanges::Whole),
            ],
        );
    }

    #[test]
    fn ranges_after_the_end_are_unsatisfiable() {
        let wanted = || RequestedRanges::Unsatisfiable;
        check(
            1000,
            &[
                ("bytes=1000-", wanted()),
                ("bytes=1000-1000", wanted()),
                ("bytes=-0", wanted()),
                ("bytes=-0000", wanted()),
                ("bytes=18446744073709551615-", wanted()),
                ("bytes=99999999999999999999999-", wanted()),
                ("bytes=1000-,2000-3000,-0", wanted()),
            ],
        );
        check(
            0,
            &[
                ("bytes=0-", wanted()),
                ("bytes=0-0", wanted()),
                ("bytes=-0", wanted()),
                ("bytes=-1", RequestedRanges::Whole),
            ],
        );
    }

    #[test]
    fn invalid_headers_are_ignored() {
        for value in [
            "",
            "bytes",
            "bytes=",
            "bytes= ",
            "bytes=,",
            "bytes=-",
            "bytes=--1",
            "bytes=a-b",
            "bytes=1",
            "bytes=5-4",
            "bytes=0-1,5-4",
            "bytes=0-1,x",
            "bytes=0-1;2-3",
            "bytes=+0-1",
            "bytes=0-+1",
            "bytes=0x0-0x1",
            "bytes=0 - 1",
            "bytes=0- 1",
            "bytes =0-1",
            " bytes=0-1",
            "bytes:0-1",
            "bytes 0-1/1000",
            "items=0-1",
            "=0-1",
            "bytes=0-1=",
            "bytes=1-2-3",
            "bytes=0-1\r\n",
            "bytes=\u{0661}-\u{0662}",
            "bytes=-1-",
            "bytes=1.0-2",
            "none",
        ] {
            assert_eq!(
                RequestedRanges::parse(value.as_bytes(), 1000),
                RequestedRanges::Whole,
                "{value:?}"
            );
        }
        assert_eq!(
            RequestedRanges::parse(b"bytes=\xff-", 1000),
            RequestedRanges::Whole
        );
    }

    #[test]
    fn too_many_ranges_are_ignored() {
        let ranges = |count: usize| {
            let specs: Vec<_> = (0..count).map(|at| format!("{0}-{0}", at * 2)).collect();
            format!("bytes={}", specs.join(","))
        };
        let parse = |count| RequestedRanges::parse(ranges(count).as_bytes(), 100_000);
        assert!(matches!(parse(MAX_RANGES), RequestedRanges::Many(all) if all.len() == MAX_RANGES));
        assert_eq!(parse(MAX_RANGES + 1), RequestedRanges::Whole);
        assert_eq!(parse(10_000), RequestedRanges::Whole);
    }
}
