//! One `Range` header against one length (RFC 9110, section 14.2).

use std::ops::Range;

/// More ranges than this in one request are answered with the whole file. Viewers of PDF files
/// ask for a handful.
pub(crate) const MAX_RANGES: usize = 16;

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Requested {
    /// Everything, or nothing that we understand, which is the same: a server may ignore `Range`.
    Whole,
    /// One range that is not empty.
    One(Range<u64>),
    /// At least two, none empty, none overlapping another, in the client's order.
    Many(Vec<Range<u64>>),
    /// All of them lie behind the end.
    Unsatisfiable,
}

impl Requested {
    /// Reads the value of a `Range` header for a representation of this length.
    ///
    /// A set of too many ranges, or of ranges that overlap, is an attack more often than a wish
    /// (RFC 9110, section 14.2, last paragraph), and is ignored.
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
        // Empty elements of a list are to be ignored (section 5.6.1.2).
        for spec in set.split(',').map(trim).filter(|spec| !spec.is_empty()) {
            count += 1;
            if count > MAX_RANGES {
                return None;
            }
            match range(spec, length)? {
                // The end of nothing is all of it, which no Content-Range can say.
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

/// Spaces and tabs (OWS), and no other blank.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// The bytes that exist of `0-499`, `500-` or `-500`; `None` if it is none of these.
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

/// A number of any length: one that is too great for us is behind every end.
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
    fn check(length: u64, table: &[(&str, Requested)]) {
        for (value, wanted) in table {
            assert_eq!(
                Requested::parse(value.as_bytes(), length),
                *wanted,
                "{value}"
            );
        }
    }

    #[test]
    fn one() {
        check(
            1000,
            &[
                ("bytes=0-0", Requested::One(0..1)),
                ("bytes=0-499", Requested::One(0..500)),
                ("bytes=500-999", Requested::One(500..1000)),
                ("bytes=500-", Requested::One(500..1000)),
                ("bytes=0-", Requested::One(0..1000)),
                ("bytes=-1", Requested::One(999..1000)),
                ("bytes=-1000", Requested::One(0..1000)),
                ("bytes=-5000", Requested::One(0..1000)),
                ("bytes=0-5000", Requested::One(0..1000)),
                ("bytes=999-", Requested::One(999..1000)),
                (
                    "bytes=999-99999999999999999999999",
                    Requested::One(999..1000),
                ),
                ("bytes=0-18446744073709551615", Requested::One(0..1000)),
                ("bytes=-99999999999999999999999", Requested::One(0..1000)),
                ("bytes=0000000000000000000000001-2", Requested::One(1..3)),
                ("Bytes=0-1", Requested::One(0..2)),
                ("bytes= 0-1 ", Requested::One(0..2)),
                ("bytes=,0-1,\t,", Requested::One(0..2)),
                // The others do not exist.
                ("bytes=0-1,1000-", Requested::One(0..2)),
                ("bytes=2000-3000,-0,0-1", Requested::One(0..2)),
            ],
        );
    }

    #[test]
    fn many() {
        check(
            1000,
            &[
                ("bytes=0-1,4-5", Requested::Many(vec![0..2, 4..6])),
                ("bytes=4-5, 0-1", Requested::Many(vec![4..6, 0..2])),
                ("bytes=0-1,2-3", Requested::Many(vec![0..2, 2..4])),
                ("bytes=0-0,-1", Requested::Many(vec![0..1, 999..1000])),
                ("bytes=0-0,2000-,5-5", Requested::Many(vec![0..1, 5..6])),
                ("bytes=0-1,1-2", Requested::Whole),
                ("bytes=0-,0-", Requested::Whole),
                ("bytes=0-999,-1", Requested::Whole),
                ("bytes=5-9,0-4,4-4", Requested::Whole),
            ],
        );
    }

    #[test]
    fn behind_the_end() {
        let wanted = || Requested::Unsatisfiable;
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
                ("bytes=-1", Requested::Whole),
            ],
        );
    }

    #[test]
    fn ignored() {
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
                Requested::parse(value.as_bytes(), 1000),
                Requested::Whole,
                "{value:?}"
            );
        }
        assert_eq!(Requested::parse(b"bytes=\xff-", 1000), Requested::Whole);
    }

    #[test]
    fn the_cap() {
        let ranges = |count: usize| {
            let specs: Vec<_> = (0..count).map(|at| format!("{0}-{0}", at * 2)).collect();
            format!("bytes={}", specs.join(","))
        };
        let parse = |count| Requested::parse(ranges(count).as_bytes(), 100_000);
        assert!(matches!(parse(MAX_RANGES), Requested::Many(all) if all.len() == MAX_RANGES));
        assert_eq!(parse(MAX_RANGES + 1), Requested::Whole);
        assert_eq!(parse(10_000), Requested::Whole);
    }
}
