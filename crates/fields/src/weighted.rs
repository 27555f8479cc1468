//! Lists of elements with weights: `Accept`, `Accept-Encoding`, `Accept-Language` (RFC 9110,
//! section 12.4.2).

use crate::trim;

/// A weight (`qvalue`) in thousandths, from 0 ("not acceptable") to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(u16);

impl Weight {
    /// The weight 0: what has it is not acceptable.
    pub const ZERO: Self = Self(0);
    /// The weight 1, which an element without a weight has.
    pub const ONE: Self = Self(1000);

    /// Parses a weight: `0` or `1` with at most three decimals, and at most 1. `None` if it is
    /// malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let decimals = decimals.bytes().zip([100, 10, 1]);
        let fraction = decimals.map(|(digit, unit)| u16::from(digit - b'0') * unit);
        match (whole, fraction.sum()) {
            ("0", fraction) => Some(Self(fraction)),
            ("1", 0) => Some(Self::ONE),
            _ => None,
        }
    }
}

/// Returns the elements of the field's lines, which are one list, each with its weight.
///
/// An element keeps its parameters before the weight, such as `text/html;level=1`. An
/// `accept-ext` of RFC 7231 after the weight is ignored. Skipped are empty elements, elements
/// that are not ASCII, and elements with a malformed weight.
pub fn weighted<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
) -> impl Iterator<Item = (&'a str, Weight)> {
    let elements = lines
        .into_iter()
        .flat_map(|line| line.split(|&byte| byte == b','));
    let text = elements.filter(|element| element.is_ascii());
    text.filter_map(|element| parse_element(str::from_utf8(element).ok()?))
}

fn parse_element(element: &str) -> Option<(&str, Weight)> {
    for (at, _) in element.match_indices(';') {
        let parameter = element[at + 1..].split(';').next().unwrap_or_default();
        let (name, value) = trim(parameter)
            .split_once('=')
            .unwrap_or((trim(parameter), ""));
        if trim(name).eq_ignore_ascii_case("q") {
            // White space beside the equals sign is malformed.
            let weight = Weight::parse(value).filter(|_| name == trim(name))?;
            return with_value(&element[..at], weight);
        }
    }
    with_value(element, Weight::ONE)
}

/// Drops empty parameters at the end, as in `gzip;`, which RFC 9110 allows (section 5.6.6).
fn with_value(value: &str, weight: Weight) -> Option<(&str, Weight)> {
    let value = trim(value.trim_end_matches([' ', '\t', ';']));
    (!value.is_empty()).then_some((value, weight))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn weights() {
        for (text, thousandths) in [
            ("0", 0),
            ("0.", 0),
            ("0.000", 0),
            ("0.001", 1),
            ("0.5", 500),
            ("0.50", 500),
            ("0.999", 999),
            ("1", 1000),
            ("1.", 1000),
            ("1.000", 1000),
        ] {
            assert_eq!(Weight::parse(text), Some(Weight(thousandths)), "{text}");
        }
        for text in [
            "", ".", ".5", "00", "01", "0.0001", "0,5", "1.001", "1.5", "2", "9", "-0", "-1", "+1",
            " 1", "1 ", "1e0", "0x1", "inf", "nan", "a", "\"1\"", "0.\u{b2}", "\u{661}", "0.5.5",
        ] {
            assert_eq!(Weight::parse(text), None, "{text:?}");
        }
    }

    fn shown(lines: &[&[u8]]) -> String {
        let elements = weighted(lines.iter().copied());
        let elements = elements.map(|(value, weight)| format!("{value} {}", weight.0));
        elements.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn elements() {
        for (lines, elements) in [
            (&[][..], ""),
            (&["gzip"][..], "gzip 1000"),
            (&["a;q=0.1,b;q=0", "c"], "a 100, b 0, c 1000"),
            (&[" a\t; Q=0.5 ,\tb "], "a 500, b 1000"),
            (&["text/html;level=1;q=0.4"], "text/html;level=1 400"),
            (&["text/html ; level=1 ; q=0.4"], "text/html ; level=1 400"),
            // An extension of RFC 7231 behind the weight.
            (&["text/html;q=0.4;x=1, b"], "text/html 400, b 1000"),
            (&["a;q=0.1;q=0.2"], "a 100"),
            (&["*;q=0.1, */*"], "* 100, */* 1000"),
            (&["a;, b;;, c; ;q=0.3"], "a 1000, b 1000, c 300"),
            // A line feed is not optional white space (RFC 9110, section 5.6.3).
            (&["\n"], "\n 1000"),
            (
                &["a;x, a;x=1, a;=, a;qq=1"],
                "a;x 1000, a;x=1 1000, a;= 1000, a;qq=1 1000",
            ),
        ] {
            let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
            assert_eq!(shown(&lines), elements, "{lines:?}");
        }
    }

    #[test]
    fn malformed_elements_are_skipped() {
        for element in [
            &b""[..],
            b" ",
            b";",
            b";q=1",
            b"; q=1",
            b"a;q",
            b"a;q=",
            b"a;q =1",
            b"a;q= 1",
            b"a;q=2",
            b"a;q=1.001",
            b"a;q=\"1\"",
            b"a;q=\xc2\xb2",
            b"gz\xc4\xb1p",
            b"\xff",
        ] {
            let line = [b"a, ", element, b",b;q=0.5"].concat();
            assert_eq!(
                shown(&[&line]),
                "a 1000, b 500",
                "{}",
                element.escape_ascii()
            );
        }
    }

    /// Text of parts that have a meaning, or any bytes.
    fn line() -> impl Strategy<Value = Vec<u8>> {
        let parts = [
            ",", ";", "q", "Q", "=", "0", "1", ".", "5", " ", "\t", "a", "*", "/", "\u{e9}",
            ";q=0.5", ";q=",
        ];
        let parts = prop::collection::vec(prop::sample::select(parts.to_vec()), 0..16);
        prop_oneof![
            parts.prop_map(|parts| parts.concat().into_bytes()),
            prop::collection::vec(any::<u8>(), 0..64),
        ]
    }

    proptest! {
        #[test]
        fn any_bytes(line in line()) {
            for (value, weight) in weighted([&line[..]]) {
                prop_assert!(!value.is_empty() && value == trim(value));
                prop_assert!(weight <= Weight::ONE);
            }
        }
    }
}
