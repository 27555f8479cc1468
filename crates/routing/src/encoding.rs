//! Percent-encoding of paths (RFC 3986, section 2.1): decoded once, and `%2F` never splits a
//! segment.
//!
//! Paths are matched in their *matched form*, in which all escapes except `%2F` and `%25` are
//! decoded. A `/` in it therefore always separates segments, a `%` always starts one of these two
//! escapes, and a path without escapes is already in matched form.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// Characters that RFC 3986, section 3.3 does not allow in a path, except `/` and `%`: in the
/// matched form these two stand only where they are valid.
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

/// Returns the matched form of a request path; `None` for an invalid escape or invalid UTF-8.
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

/// Decodes a value from the matched form.
pub(crate) fn decode(matched: &str) -> Cow<'_, str> {
    percent_decode_str(matched).decode_utf8_lossy()
}

/// Converts a value that must stay within its segment to the matched form.
pub(crate) fn matched_segment(value: &str) -> Cow<'_, str> {
    replaced(value, &[('%', "%25"), ('/', "%2F")])
}

/// Converts a value that keeps its slashes to the matched form.
pub(crate) fn matched_rest(value: &str) -> Cow<'_, str> {
    replaced(value, &[('%', "%25")])
}

/// Replaces characters in turn; most values have none of them.
fn replaced<'a>(value: &'a str, replacements: &[(char, &str)]) -> Cow<'a, str> {
    let all = Cow::Borrowed(value);
    replacements.iter().fold(all, |value, (from, to)| {
        if value.contains(*from) {
            Cow::Owned(value.replace(*from, to))
        } else {
            value
        }
    })
}

/// Encodes a path in matched form for a URL. Most paths are the same in both.
pub(crate) fn encode(matched: String) -> String {
    match Cow::from(utf8_percent_encode(&matched, NOT_IN_PATH)) {
        Cow::Owned(url) => url,
        Cow::Borrowed(_) => matched,
    }
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
    fn matched_form_decodes_all_but_slash_and_percent() {
        for (path, matched, value) in [
            ("/plain", "/plain", "/plain"),
            ("/caf%C3%A9", "/café", "/café"),
            ("/caf%c3%a9", "/café", "/café"),
            ("/café", "/café", "/café"),
            ("/a%2Fb", "/a%2Fb", "/a/b"),
            ("/a%2fb", "/a%2Fb", "/a/b"),
            ("/100%25", "/100%25", "/100%"),
            // Decoded once: the escape in the value is literal text.
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
    fn matched_form_rejects_invalid_escapes() {
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
