//! `Cookie` header parser, compatible with Tornado and browsers where these deviate from RFC 6265.

use std::collections::HashMap;

use http::HeaderValue;
use squall_fields::is_token_byte;

/// Parses the cookies of a request by name; the last of several with one name wins, as in Tornado.
pub(crate) fn parse<'a>(
    headers: impl IntoIterator<Item = &'a HeaderValue>,
) -> HashMap<String, String> {
    let mut cookies = HashMap::new();
    for header in headers {
        for pair in header.as_bytes().split(|&byte| byte == b';') {
            // Pairs that are skipped here cannot come from `set_cookie`.
            let Ok(pair) = std::str::from_utf8(pair) else {
                continue;
            };
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            let name = name.trim_matches(BLANK);
            if is_name(name) {
                cookies.insert(name.to_owned(), unquote(value.trim_matches(BLANK)));
            }
        }
    }
    cookies
}

const BLANK: [char; 2] = [' ', '\t'];

/// A token (RFC 9110, section 5.6.2), or a name with a colon, which Python allows.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte == b':' || is_token_byte(byte))
}

/// Removes Python's quoting: `"a\073b"` is `a;b`. Tornado quotes a signed cookie if its Base64 ends
/// in `=`.
fn unquote(value: &str) -> String {
    let quoted = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let Some(mut rest) = quoted else {
        return value.to_owned();
    };
    let mut plain = String::with_capacity(rest.len());
    while let Some((before, escaped)) = rest.split_once('\\') {
        plain += before;
        let octal = escaped.get(..3).filter(|digits| {
            digits.starts_with(['0', '1', '2', '3'])
                && digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit))
        });
        if let Some(code) = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            plain.push(code.into());
            rest = &escaped[3..];
        } else {
            // Any other escaped character is literal, as is a trailing backslash.
            let mut characters = escaped.chars();
            plain.push(characters.next().unwrap_or('\\'));
            rest = characters.as_str();
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unquote_removes_python_quoting() {
        for (value, plain) in [
            ("", ""),
            ("\"", "\""),
            ("\"\"", ""),
            ("a", "a"),
            ("\"a\"", "a"),
            ("\"a", "\"a"),
            ("a\"", "a\""),
            ("\"\"\"", "\""),
            ("\"a\\\"b\"", "a\"b"),
            ("\"a\\\\b\"", "a\\b"),
            ("\"a\\073b\"", "a;b"),
            ("\"\\377\"", "\u{ff}"),
            ("\"\\400\"", "400"),
            ("\"\\08\"", "08"),
            ("\"\\07\"", "07"),
            ("\"\\\"", "\\"),
            ("\"\\\\\"", "\\"),
            ("\"\\é\"", "é"),
            ("a\\073b", "a\\073b"),
        ] {
            assert_eq!(unquote(value), plain, "{value}");
        }
    }

    #[test]
    fn parse_joins_headers_and_skips_invalid_utf8() {
        let lines: [&[u8]; 3] = [b"a=1; b=\xff; \xff=2", b"", b"a=2;c=\xc3\xa9"];
        let lines = lines.map(|line| HeaderValue::from_bytes(line).unwrap());
        let cookies = parse(&lines);
        assert_eq!(cookies.len(), 2);
        assert_eq!((&*cookies["a"], &*cookies["c"]), ("2", "é"));
    }
}
