//! Text that cannot move a cursor, turn a line round or begin another.

use std::fmt::Write;

/// Nothing that is shown is longer, in characters.
const LONGEST: usize = 10_000;

/// Control characters and those that change the direction of writing are written as escapes; line ends and tabs stay.
pub(crate) fn printable(text: &str) -> String {
    escape(text, |c| matches!(c, '\n' | '\t'))
}

/// As [`printable`], on one line.
pub(crate) fn one_line(text: &str) -> String {
    escape(text, |_| false)
}

fn escape(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len().min(LONGEST));
    for (length, c) in text.chars().enumerate() {
        if length == LONGEST {
            escaped.push('…');
            break;
        }
        match c {
            '"' | '\'' | '\\' => escaped.push(c),
            c if stays(c) => escaped.push(c),
            // This knows what moves a cursor, what is invisible, and what turns text round.
            c => write!(escaped, "{}", c.escape_debug()).expect("a string takes all"),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, one_line, printable};

    #[test]
    fn what_is_escaped() {
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
            one_line(&"x".repeat(LONGEST * 2)).chars().count(),
            LONGEST + 1
        );
    }
}
