//! Navigations: requests of a browser for a page to show.

use http::{HeaderMap, header::HeaderName};

const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Whether a browser requests a page to show, as far as its headers tell it from a script that requests a part of a page.
pub(super) fn is_navigation(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(SEC_FETCH_DEST).iter();
    lines.all(|what| matches!(what.as_bytes(), b"document" | b"iframe" | b"frame"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn navigations() {
        for (lines, expected) in [
            (&[][..], true),
            (&["document"], true),
            (&["iframe"], true),
            (&["frame"], true),
            (&["empty"], false),
            (&["script"], false),
            (&[""], false),
            (&["document", "script"], false),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(SEC_FETCH_DEST, line.parse().unwrap());
            }
            assert_eq!(is_navigation(&headers), expected, "{lines:?}");
        }
    }
}
