//! Lists in headers, read from the end: elements of trusted hops come before those of the client.

use http::{HeaderMap, header::AsHeaderName};

/// The elements of all lines of a header, from the last to the first, without the space around
/// them.
///
/// Backwards and line by line, so that a forged quotation mark cannot swallow the elements after
/// it. Empty elements are kept, against RFC 9110, section 5.6.1.2: if one were skipped, the
/// client's own element before it would take the place of the hop that sent the empty one.
pub(crate) fn elements_from_end(
    headers: &HeaderMap,
    name: impl AsHeaderName,
) -> impl Iterator<Item = &[u8]> {
    let lines = headers.get_all(name).into_iter().rev();
    lines.flat_map(|line| parts_from_end(line.as_bytes(), b','))
}

/// The parts of a text between separators that are not in a quoted string (RFC 9110, section
/// 5.6.4).
pub(crate) fn parts_from_end(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut is_quoted = false;
        let at = text.iter().enumerate().rposition(|(at, &byte)| {
            if byte == b'"' && !is_escaped(text, at) {
                is_quoted = !is_quoted;
            }
            byte == separator && !is_quoted
        });
        let (before, part) = match at {
            Some(at) => (Some(&text[..at]), &text[at + 1..]),
            None => (None, text),
        };
        rest = before;
        Some(trimmed(part))
    })
}

/// Whether an odd number of backslashes stands before the byte.
fn is_escaped(text: &[u8], at: usize) -> bool {
    let backslashes = text[..at].iter().rev().take_while(|&&byte| byte == b'\\');
    backslashes.count() % 2 == 1
}

fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::parts_from_end;

    #[test]
    fn parts() {
        for (text, parts) in [
            ("", &[""][..]),
            (",", &["", ""]),
            ("a", &["a"]),
            ("a, b\t,c ", &["c", "b", "a"]),
            ("a,,b", &["b", "", "a"]),
            (r#"a,"b,c",d"#, &["d", r#""b,c""#, "a"]),
            (r#"a,"b\",c",d"#, &["d", r#""b\",c""#, "a"]),
            (r#"a,"b\\",c"#, &["c", r#""b\\""#, "a"]),
            (r#"a,"",c"#, &["c", r#""""#, "a"]),
            // Forged beginnings, which end with what they began.
            (r#"a="b,c"#, &["c", r#"a="b"#]),
            (r#"a="b,c="d""#, &[r#"c="d""#, r#"a="b"#]),
            (r#"a="b\,c="d""#, &[r#"c="d""#, r#"a="b\"#]),
            (r#"a,b",c="d""#, &[r#"c="d""#, r#"a,b""#]),
        ] {
            let found: Vec<_> = parts_from_end(text.as_bytes(), b',')
                .map(|part| std::str::from_utf8(part).unwrap())
                .collect();
            assert_eq!(found, parts, "{text:?}");
        }
    }
}
