//! The parser of a `Forwarded` element (RFC 7239, section 4), which one hop added.

use std::borrow::Cow;

use crate::list::parts_from_end;

/// The parameters of an element that describe the client; others, such as `by`, are skipped.
#[derive(Debug, Default)]
pub(crate) struct Element<'a> {
    pub(crate) node: Option<Cow<'a, str>>,
    pub(crate) proto: Option<Cow<'a, str>>,
    pub(crate) host: Option<Cow<'a, str>>,
}

impl<'a> Element<'a> {
    /// Parses an element; `None` if it is malformed or has a parameter twice.
    pub(crate) fn parse(text: &'a [u8]) -> Option<Self> {
        let mut element = Self::default();
        for pair in parts_from_end(text, b';') {
            let (name, value) = std::str::from_utf8(pair).ok()?.split_once('=')?;
            let value = parse_value(value)?;
            let slot = match name {
                _ if name.eq_ignore_ascii_case("for") => &mut element.node,
                _ if name.eq_ignore_ascii_case("proto") => &mut element.proto,
                _ if name.eq_ignore_ascii_case("host") => &mut element.host,
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return None;
            }
        }
        Some(element)
    }
}

/// Parses a quoted string or a token. Colons and brackets count as token characters, since many
/// proxies send addresses unquoted.
pub(crate) fn parse_value(text: &str) -> Option<Cow<'_, str>> {
    let Some(quoted) = text.strip_prefix('"') else {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"';
        return text.bytes().all(is_plain).then_some(Cow::Borrowed(text));
    };
    let quoted = quoted.strip_suffix('"')?;
    if !quoted.contains(['"', '\\']) {
        return Some(Cow::Borrowed(quoted));
    }
    let mut value = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(char) = chars.next() {
        value.push(match char {
            '\\' => chars.next()?,
            '"' => return None,
            char => char,
        });
    }
    Some(Cow::Owned(value))
}

#[cfg(test)]
mod tests {
    use super::Element;

    #[test]
    fn elements() {
        let none = "-";
        for (text, node, proto, host) in [
            ("for=192.0.2.1", "192.0.2.1", none, none),
            ("For=a;PROTO=https;hOsT=b", "a", "https", "b"),
            (r#"for="[::1]:99""#, "[::1]:99", none, none),
            ("for=[::1]:99", "[::1]:99", none, none),
            (r#"for="a\"b\\c\d""#, r#"a"b\cd"#, none, none),
            (r#"for="a;b,c";proto=https"#, "a;b,c", "https", none),
            ("by=x;for=a;ext=1", "a", none, none),
            ("for=a ; proto=https", "a", "https", none),
            ("for=", "", none, none),
            (r#"for="""#, "", none, none),
            (r#"host="é""#, none, none, "é"),
        ] {
            let element = Element::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            for (found, wanted) in [
                (element.node, node),
                (element.proto, proto),
                (element.host, host),
            ] {
                assert_eq!(found.as_deref().unwrap_or(none), wanted, "{text}");
            }
        }
    }

    #[test]
    fn not_elements() {
        for text in [
            &b""[..],
            b"192.0.2.1",
            b"for",
            b"for=a;",
            b"for=a;;proto=b",
            b"for=a;for=b",
            b"for=a;FOR=a",
            b"for=\"a",
            b"for=a\"",
            b"for=\"",
            b"for=\"a\"b",
            b"for=\"a\"b\"",
            b"for=\"a\\\"",
            b"for=a b",
            b"for= a",
            b"for=\xff",
            b"by=\"x;for=a",
        ] {
            assert!(Element::parse(text).is_none(), "{}", text.escape_ascii());
        }
    }
}
