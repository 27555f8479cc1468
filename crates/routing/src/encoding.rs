//! Percent-encoding (RFC 3986, section 2.1): decode once, and never let `%2F` split a segment.
//!
//! Paths are matched in their *matched form*: every escape is decoded but `%2F` and `%25`.
//! A `/` in it therefore always separates segments, a `%` always begins one of these two
//! escapes, and a path without escapes already has it.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// All that RFC 3986 does not allow in a path (section 3.3), but for `/` and `%`,
/// which the matched form has where they belong.
const NOT_IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The matched form of a path from the wire; `None` if an escape or its UTF-8 is invalid.
pub(crate) fn matched_form(path: &str) -> Option<Cow<'_, str>> {
    let mut rest = path.as_bytes();
    if !rest.contains(&b'%') {
        return Some(Cow::Borrowed(path));
    }
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        bytes.extend_from_slice(&rest[..at]);
        let [_, high, low, after @ ..] = &rest[at..] else {
            return None;
        };
        match hex(*high)? << 4 | hex(*low)? {
            b'/' => bytes.extend_from_slice(b"%2F"),
            b'%' => bytes.extend_from_slice(b"%25"),
            byte => bytes.push(byte),
        }
        rest = after;
    }
    bytes.extend_from_slice(rest);
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// The value of a part of a path in its matched form.
pub(crate) fn decode(matched: &str) -> Cow<'_, str> {
    percent_decode_str(matched).decode_utf8_lossy()
}

/// The matched form of a value that stays within its segment.
pub(crate) fn matched_segment(value: &str) -> String {
    matched_rest(value).replace('/', "%2F")
}

/// The matched form of a value that keeps its slashes.
pub(crate) fn matched_rest(value: &str) -> String {
    value.replace('%', "%25")
}

/// The path to send for a matched form.
pub(crate) fn encode(matched: &str) -> String {
    utf8_percent_encode(matched, NOT_IN_PATH).to_string()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matched_forms() {
        for (path, matched, value) in [
            ("/plain", "/plain", "/plain"),
            ("/caf%C3%A9", "/café", "/café"),
            ("/caf%c3%a9", "/café", "/café"),
            ("/café", "/café", "/café"),
            ("/a%2Fb", "/a%2Fb", "/a/b"),
            ("/a%2fb", "/a%2Fb", "/a/b"),
            ("/100%25", "/100%25", "/100%"),
            // Decoded once: the escape in the value is text.
            ("/%252F", "/%252F", "/%2F"),
            ("/%25%32%46", "/%252F", "/%2F"),
            ("/%41%42", "/AB", "/AB"),
            ("/%00", "/\0", "/\0"),
            ("/a+b", "/a+b", "/a+b"),
        ] {
            let found = matched_form(path).expect(path);
            assert_eq!(found, matched, "{path}");
            assert_eq!(decode(&found), value, "{path}");
        }
    }

    #[test]
    fn bad_escapes() {
        for path in [
            "/%",
            "/%4",
            "/%zz",
            "/%4g",
            "/% 41",
            "/%+1",
            "/%é",
            "/%%41",
            "/%C3",
            "/%FF",
            "/%C0%AF",
            "/%ED%A0%80",
            "/%F4%90%80%80",
            "/é%A9",
        ] {
            assert_eq!(matched_form(path), None, "{path}");
        }
    }
}
