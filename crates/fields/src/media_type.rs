//! Media types: the `type/subtype` of a `Content-Type` (RFC 9110, section 8.3.1).

use crate::{is_token_byte, trim};

/// A media type without its parameters, or a range of `Accept` such as `text/*`. Letters match
/// whatever their case.
#[derive(Clone, Copy, Debug)]
pub struct MediaType<'a> {
    kind: &'a str,
    subtype: &'a str,
}

impl<'a> MediaType<'a> {
    /// Parses what stands before the parameters; returns `None` if that is malformed. Parameters are
    /// not checked: a receiver of `text/html; charset` renders HTML.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let end = value.iter().position(|&byte| byte == b';');
        let essence = str::from_utf8(&value[..end.unwrap_or(value.len())]).ok()?;
        let (kind, subtype) = trim(essence).split_once('/')?;
        let is_name = |text: &str| !text.is_empty() && text.bytes().all(is_token_byte);
        (is_name(kind) && is_name(subtype)).then_some(Self { kind, subtype })
    }

    /// Returns the type, such as `text`, as it is written.
    #[must_use]
    pub fn kind(self) -> &'a str {
        self.kind
    }

    /// Returns the subtype, such as `html`, as it is written.
    #[must_use]
    pub fn subtype(self) -> &'a str {
        self.subtype
    }

    /// Returns whether it is this `type/subtype`.
    #[must_use]
    pub fn is(self, essence: &str) -> bool {
        essence.split_once('/').is_some_and(|(kind, subtype)| {
            self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
        })
    }

    /// Returns whether the subtype ends in `+` and this suffix (RFC 6838, section 4.2.8), as
    /// `application/problem+json` does in `json`.
    #[must_use]
    pub fn has_suffix(self, suffix: &str) -> bool {
        let (_, own) = self.subtype.rsplit_once('+').unwrap_or_default();
        !own.is_empty() && own.eq_ignore_ascii_case(suffix)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn media_types() {
        for (value, essence) in [
            ("text/html", "text/html"),
            ("TEXT/Html", "TEXT/Html"),
            ("text/html;charset=utf-8", "text/html"),
            (" text/html\t; charset=utf-8", "text/html"),
            ("text/html;", "text/html"),
            // Malformed parameters change nothing.
            ("text/html; charset", "text/html"),
            ("text/html;;charset=utf-8", "text/html"),
            ("text/html; charset=\"a", "text/html"),
            ("text/html; charset=\u{e9}", "text/html"),
            ("multipart/form-data; boundary=a/b", "multipart/form-data"),
            ("application/vnd.api+json", "application/vnd.api+json"),
            ("*/*", "*/*"),
            ("text/*", "text/*"),
        ] {
            let parsed = MediaType::parse(value.as_bytes()).unwrap_or_else(|| panic!("{value:?}"));
            let shown = format!("{}/{}", parsed.kind(), parsed.subtype());
            assert_eq!(shown, essence, "{value:?}");
            assert!(parsed.is(&essence.to_ascii_uppercase()), "{value:?}");
            assert!(!parsed.is("text") && !parsed.is("text/htm"), "{value:?}");
        }
    }

    #[test]
    fn malformed() {
        for value in [
            "",
            ";",
            "; charset=utf-8",
            "text",
            "text/",
            "/html",
            "/",
            "text /html",
            "text/ html",
            "text/html/x",
            "text/html, text/plain",
            "text/html charset=utf-8",
            "text/h\u{e9}ml",
            "text/html\u{a0}",
            "text/html\0",
        ] {
            assert!(MediaType::parse(value.as_bytes()).is_none(), "{value:?}");
        }
        assert!(MediaType::parse(b"text/\xff").is_none());
    }

    #[test]
    fn suffixes() {
        for (value, suffix, expected) in [
            ("application/problem+json", "json", true),
            ("application/a+b+JSON", "json", true),
            ("image/svg+xml; charset=utf-8", "xml", true),
            ("application/json", "json", false),
            ("application/xjson", "json", false),
            ("application/problem+json", "problem+json", false),
            ("application/problem+", "", false),
            ("application/json; a=b+json", "json", false),
        ] {
            let parsed = MediaType::parse(value.as_bytes()).unwrap_or_else(|| panic!("{value:?}"));
            assert_eq!(parsed.has_suffix(suffix), expected, "{value:?}");
        }
    }

    /// Text of parts that have a meaning, or any bytes.
    fn value() -> impl Strategy<Value = Vec<u8>> {
        let parts = [
            "text", "/", "html", "*", "+json", ";", " ", "\t", "=", "a", "\u{e9}",
        ];
        let parts = prop::collection::vec(prop::sample::select(parts.to_vec()), 0..16);
        prop_oneof![
            parts.prop_map(|parts| parts.concat().into_bytes()),
            prop::collection::vec(any::<u8>(), 0..64),
        ]
    }

    proptest! {
        #[test]
        fn any_bytes(value in value()) {
            if let Some(parsed) = MediaType::parse(&value) {
                let essence = format!("{}/{}", parsed.kind(), parsed.subtype());
                prop_assert!(parsed.is(&essence) && essence.is_ascii() && !essence.contains(' '));
            }
        }
    }
}
