//! Escaping of control and bidirectional characters, for logs, terminals and pages.

use std::fmt::Write;

/// The maximum length of displayed text, in characters.
const MAX_LENGTH: usize = 10_000;

/// Escapes control characters and characters that change the writing direction; line feeds and tabs
/// are kept.
pub(crate) fn printable(text: &str) -> String {
    escape(text, |c| matches!(c, '\n' | '\t'))
}

/// Like [`printable`], but also escapes line feeds and tabs.
pub(crate) fn one_line(text: &str) -> String {
    escape(text, |_| false)
}

fn escape(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len().min(MAX_LENGTH));
    for (length, c) in text.chars().enumerate() {
        if length == MAX_LENGTH {
            escaped.push('…');
            break;
        }
        match c {
            '"' | '\'' | '\\' => escaped.push(c),
            c if is_kept(c) => escaped.push(c),
            // `escape_debug` escapes control, invisible and bidirectional characters.
            c => write!(escaped, "{}", c.escape_debug()).expect("writing to a string cannot fail"),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{MAX_LENGTH, one_line, printable};

    #[test]
    fn control_and_bidirectional_characters_are_escaped() {
        for (text, many, one) in [
            ("plain é 漢 \"'\\", "plain é 漢 \"'\\", "plain é 漢 \"'\\"),
            ("a\n\tb", "a\n\tb", "a\\n\\tb"),
            ("a\r\nb", "a\\r\nb", "a\\r\\nb"),
            ("\x1b[2J\0", "\\u{1b}[2J\\0", "\\u{1b}[2J\\0"),
            (
                "\u{202e}x\u{2028}",
                "\\u{202e}x\\u{2028}",
                "\\u{202e}x\\u{2028}",
            ),
        ] {
            assert_eq!(printable(text), many);
            assert_eq!(one_line(text), one);
        }
        assert_eq!(
            one_line(&"x".repeat(MAX_LENGTH * 2)).chars().count(),
            MAX_LENGTH + 1
        );
    }
}
