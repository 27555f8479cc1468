//! Reads `Cookie` headers as Tornado and browsers do, which is not as any RFC says.

use std::collections::HashMap;

use http::HeaderValue;

/// The cookies of a request by their names; of several with one name the last, as in Tornado.
pub(crate) fn parse<'a>(
    headers: impl IntoIterator<Item = &'a HeaderValue>,
) -> HashMap<String, String> {
    let mut cookies = HashMap::new();
    for header in headers {
        for pair in header.as_bytes().split(|&byte| byte == b';') {
            // What is skipped here cannot have been set by us.
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

/// A token (RFC 9110, section 5.6.2), or with the colon that Python allows in it.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte == b':' || is_token(byte))
}

pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Takes Python's quotes off: `"a\073b"` is `a;b`. Tornado quotes a signed cookie if its Base64 ends in `=`.
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
            // Any other character stands for itself, and a backslash at the end too.
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
    fn quoted_values() {
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
    fn headers_are_one_list_and_what_is_not_text_is_skipped() {
        let lines: [&[u8]; 3] = [b"a=1; b=\xff; \xff=2", b"", b"a=2;c=\xc3\xa9"];
        let lines = lines.map(|line| HeaderValue::from_bytes(line).unwrap());
        let cookies = parse(&lines);
        assert_eq!(cookies.len(), 2);
        assert_eq!((&*cookies["a"], &*cookies["c"]), ("2", "é"));
    }
}
