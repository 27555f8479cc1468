//! The choice among media types that a server has, by `Accept` (RFC 9110, section 12.5.1).

use crate::{MediaType, Weight, weighted};

/// Returns the offer with the highest weight in the lines of `Accept`, or `None` if none is
/// acceptable. An offer is a value and its `type/subtype`.
///
/// The most specific range of an offer determines its weight. Of equal weights, the more specific
/// range wins, then the earlier one: `application/json, */*` selects JSON. A range with the suffix of
/// an offer, such as `application/problem+json`, is as specific as the offer itself.
///
/// # Examples
///
/// ```
/// use squall_fields::preferred;
///
/// let offers = [("page", "text/html"), ("data", "application/json")];
/// let choose = |accept: &[u8]| preferred([accept], &offers);
/// assert_eq!(choose(b"text/html, */*;q=0.8"), Some("page"));
/// assert_eq!(choose(b"application/problem+json"), Some("data"));
/// assert_eq!(choose(b"image/png"), None);
/// ```
pub fn preferred<'a, T: Copy, const N: usize>(
    lines: impl IntoIterator<Item = &'a [u8]>,
    offers: &[(T, &str); N],
) -> Option<T> {
    // The weight, exactness and place of the most specific range of each offer.
    let mut matched = [None; N];
    for (place, (range, weight)) in weighted(lines).enumerate() {
        let Some(range) = MediaType::parse(range.as_bytes()) else {
            continue;
        };
        for ((_, essence), best) in offers.iter().zip(&mut matched) {
            let Some(exactness) = exactness(range, essence) else {
                continue;
            };
            if best.is_none_or(|(_, other, _)| other < exactness) {
                *best = Some((weight, exactness, place));
            }
        }
    }
    let mut best = None;
    for (&(offer, _), matched) in offers.iter().zip(matched) {
        let Some((weight, exactness, place)) = matched else {
            continue;
        };
        let rank = (weight, exactness, usize::MAX - place);
        if weight > Weight::ZERO && best.is_none_or(|(_, other)| other < rank) {
            best = Some((offer, rank));
        }
    }
    best.map(|(offer, _)| offer)
}

/// Returns how exactly a range names a type: `None` if it does not match.
fn exactness(range: MediaType<'_>, essence: &str) -> Option<u8> {
    let (kind, subtype) = essence.split_once('/')?;
    match (range.kind(), range.subtype()) {
        (a, b) if a.eq_ignore_ascii_case(kind) && b.eq_ignore_ascii_case(subtype) => Some(2),
        (a, _) if a.eq_ignore_ascii_case(kind) && range.has_suffix(subtype) => Some(2),
        (a, "*") if a.eq_ignore_ascii_case(kind) => Some(1),
        ("*", "*") => Some(0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OFFERS: [(char, &str); 3] = [
        ('t', "text/plain"),
        ('h', "text/html"),
        ('j', "application/json"),
    ];

    #[test]
    fn ranges() {
        for (accept, expected) in [
            ("", None),
            ("*/*", Some('t')),
            ("text/*, application/json;q=0.9", Some('t')),
            ("application/json, */*", Some('j')),
            ("*/*, application/json", Some('j')),
            ("text/html, text/plain", Some('h')),
            ("text/plain;q=0, */*;q=0.1", Some('h')),
            ("application/problem+json", Some('j')),
            ("text/html;q=0", None),
            ("image/png, nonsense, ;;", None),
        ] {
            assert_eq!(
                preferred([accept.as_bytes()], &OFFERS),
                expected,
                "{accept}"
            );
        }
        let lines = [&b"text/plain;q=0.1"[..], b"application/json;q=0.2"];
        assert_eq!(preferred(lines, &OFFERS), Some('j'));
    }

    /// Text of parts that have a meaning, or any bytes.
    fn line() -> impl Strategy<Value = Vec<u8>> {
        let parts = [
            ",",
            ";",
            "text/",
            "plain",
            "html",
            "application/",
            "json",
            "x+",
            "*",
            "*/*",
            "/",
            ";q=0",
            ";q=0.5",
            ";q=1",
            " ",
            "\u{e9}",
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
            let _ = preferred([&line[..]], &OFFERS);
        }
    }
}
