//! `Accept-Encoding` negotiation against the encodings of a file (RFC 9110, section 12.5.3).

use squall_fields::{Weight, weighted};

/// A content coding (RFC 9110, section 8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Coding {
    /// RFC 7932.
    Br,
    /// RFC 8878.
    Zstd,
    /// RFC 1952.
    Gzip,
}

impl Coding {
    /// All codings, the best compression first.
    pub(crate) const ALL: [Self; 3] = [Self::Br, Self::Zstd, Self::Gzip];

    /// The name in `Accept-Encoding` and `Content-Encoding`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Br => "br",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }

    /// The file extension of a precompressed sibling.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Br => ".br",
            Self::Zstd => ".zst",
            Self::Gzip => ".gz",
        }
    }

    /// Whether a file name, in bytes, is that of a precompressed sibling. Case is ignored, as some
    /// directories do.
    pub(crate) fn is_of(self, name: &[u8]) -> bool {
        let extension = self.extension().as_bytes();
        let end = name.len().checked_sub(extension.len());
        end.is_some_and(|end| name[end..].eq_ignore_ascii_case(extension))
    }

    fn matches_name(self, name: &str) -> bool {
        // Section 8.4.1.3: x-gzip is an alias.
        name.eq_ignore_ascii_case(self.name())
            || self == Self::Gzip && name.eq_ignore_ascii_case("x-gzip")
    }
}

/// A set of codings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Codings(u8);

impl Codings {
    pub(crate) fn all() -> Self {
        let mut all = Self::default();
        all.extend(Coding::ALL);
        all
    }

    pub(crate) fn insert(&mut self, coding: Coding) {
        self.0 |= 1 << coding as u8;
    }

    pub(crate) fn contains(self, coding: Coding) -> bool {
        self.0 & 1 << coding as u8 != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl Extend<Coding> for Codings {
    fn extend<I: IntoIterator<Item = Coding>>(&mut self, codings: I) {
        codings.into_iter().for_each(|coding| self.insert(coding));
    }
}

/// Returns the available coding with the highest weight; `None` is the identity coding.
///
/// Codings of equal weight are ordered as in [`Coding::ALL`]. Invalid elements are ignored. A
/// client that rejects even `identity` still gets it, as section 12.5.3 allows, instead of 406.
pub(crate) fn choose<'a>(
    values: impl IntoIterator<Item = &'a [u8]>,
    available: Codings,
) -> Option<Coding> {
    let mut weights = [None; Coding::ALL.len()];
    let mut others = None;
    let mut identity = None;
    for (name, weight) in weighted(values) {
        if name == "*" {
            others.get_or_insert(weight);
        } else if name.eq_ignore_ascii_case("identity") {
            identity.get_or_insert(weight);
        } else if let Some(at) = Coding::ALL
            .iter()
            .position(|coding| coding.matches_name(name))
        {
            weights[at].get_or_insert(weight);
        }
    }
    // An identity coding that is not listed is acceptable, with the lowest weight.
    let least = identity.unwrap_or(Weight::ZERO);
    let mut best = None;
    for (coding, weight) in Coding::ALL.into_iter().zip(weights) {
        let weight = weight.or(others).unwrap_or_default();
        let beats = best.is_none_or(|(_, most)| weight > most);
        if available.contains(coding) && weight > Weight::ZERO && weight >= least && beats {
            best = Some((coding, weight));
        }
    }
    best.map(|(coding, _)| coding)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codings(names: &str) -> Codings {
        let mut set = Codings::default();
        Coding::ALL
            .into_iter()
            .filter(|coding| names.split(' ').any(|name| name == coding.name()))
            .for_each(|coding| set.insert(coding));
        set
    }

    #[test]
    fn coding_with_highest_weight_is_chosen() {
        for (header, available, wanted) in [
            ("gzip, deflate, br, zstd", "br zstd gzip", "br"),
            ("gzip, deflate, br, zstd", "zstd gzip", "zstd"),
            ("gzip, deflate, br, zstd", "gzip", "gzip"),
            ("gzip, deflate", "br", ""),
            ("gzip", "", ""),
            ("", "br gzip", ""),
            ("gzip;q=1.0, br;q=0.5", "br gzip", "gzip"),
            ("gzip;q=0.5, br;q=0.500", "br gzip", "br"),
            ("br;q=0, gzip", "br gzip", "gzip"),
            ("br;q=0.000", "br", ""),
            ("*", "br gzip", "br"),
            ("*;q=0.1, gzip", "br gzip", "gzip"),
            ("*;q=0", "br gzip", ""),
            ("*;q=0, gzip", "br gzip", "gzip"),
            ("br;q=0, *", "br zstd gzip", "zstd"),
            ("identity", "br gzip", ""),
            ("identity, gzip", "gzip", "gzip"),
            ("identity;q=1, gzip;q=0.5", "gzip", ""),
            ("identity;q=0.5, gzip;q=1", "gzip", "gzip"),
            ("identity;q=0", "gzip", ""),
            ("identity;q=0, gzip;q=0.1", "gzip", "gzip"),
            ("GZIP", "gzip", "gzip"),
            ("x-gzip", "gzip", "gzip"),
            ("gzip;Q=0.5", "gzip", "gzip"),
            (" gzip ; q=0.5 ,\tbr", "br gzip", "br"),
            (",,gzip,", "gzip", "gzip"),
            ("deflate, compress, foo", "br gzip", ""),
            // The first element of a coding wins.
            ("gzip;q=0, gzip", "gzip", ""),
            ("gzip;q=0.001", "gzip", "gzip"),
            ("gzip;, br;q=0.5;x=1", "br gzip", "gzip"),
        ] {
            let found = choose([header.as_bytes()], codings(available));
            assert_eq!(
                found.map_or("", Coding::name),
                wanted,
                "{header} of {available}"
            );
        }
    }

    #[test]
    fn invalid_elements_are_ignored() {
        for header in [
            "gzip;q=2",
            "gzip;q=1.001",
            "gzip;q=0.0001",
            "gzip;q=-1",
            "gzip;q=",
            "gzip;q=.5",
            "gzip;q=1.5",
            "gzip;q=a",
            "gzip;q",
            "gzip;x=1",
            "gzip;q =1",
            "gzip q=1",
            "g zip",
            ";q=1",
            "gzip;q=01",
            "gzip;q=\u{0661}",
            "gzip;q=+1",
            "gz\u{0131}p",
        ] {
            assert_eq!(
                choose([header.as_bytes()], codings("gzip")),
                None,
                "{header}"
            );
            let with_more = format!("{header}, br");
            assert_eq!(
                choose([with_more.as_bytes()], codings("br")),
                Some(Coding::Br),
                "{header}"
            );
        }
        assert_eq!(
            choose([&b"\xff"[..], b"gzip"], codings("gzip")),
            Some(Coding::Gzip)
        );
    }

    #[test]
    fn header_lines_are_one_list() {
        assert_eq!(
            choose([&b"gzip"[..], b"br"], codings("br gzip")),
            Some(Coding::Br)
        );
        assert_eq!(choose([], codings("br gzip")), None);
    }
}
