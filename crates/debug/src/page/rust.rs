//! Rust syntax highlighting, line by line: comments and strings that start on an earlier line are
//! not detected.

/// The kind of a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Comment,
    Keyword,
    Plain,
    Text,
}

const KEYWORDS: [&str; 38] = [
    "Self", "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum",
    "extern", "false", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move",
    "mut", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true", "type",
    "unsafe", "use", "where", "while",
];

/// Splits a line into tokens; concatenated they are the line.
pub(super) fn tokens(line: &str) -> impl Iterator<Item = (Kind, &str)> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let (kind, length) = first(rest)?;
        let (token, after) = rest.split_at(length);
        rest = after;
        Some((kind, token))
    })
}

/// The kind and length of the first token.
fn first(rest: &str) -> Option<(Kind, usize)> {
    let begin = rest.chars().next()?;
    Some(if rest.starts_with("//") {
        (Kind::Comment, rest.len())
    } else if begin == '"' {
        (Kind::Text, 1 + quoted(&rest[1..], '"'))
    } else if begin == '\'' {
        character(rest)
    } else if is_word(begin) {
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let kind = match &rest[..length] {
            word if KEYWORDS.contains(&word) => Kind::Keyword,
            _ if begin.is_ascii_digit() => Kind::Text,
            _ => Kind::Plain,
        };
        (kind, length)
    } else {
        let more = |c| c == '"' || c == '\'' || c == '/' || is_word(c);
        let begin = begin.len_utf8();
        let length = rest[begin..]
            .find(more)
            .map_or(rest.len(), |end| begin + end);
        (Kind::Plain, length)
    })
}

/// A character literal such as `'x'` or `'\n'`; otherwise the start of a lifetime.
fn character(rest: &str) -> (Kind, usize) {
    let mut chars = rest[1..].chars();
    let is_escaped = chars.next() == Some('\\');
    if is_escaped || chars.next() == Some('\'') {
        (Kind::Text, 1 + quoted(&rest[1..], '\''))
    } else {
        (Kind::Plain, 1)
    }
}

/// The length of a quoted text, including the closing quote if it is on this line.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return at + quote.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::{KEYWORDS, Kind, tokens};

    #[test]
    fn tokens_cover_the_line() {
        for (line, comment, keywords, text) in [
            ("", "", "", ""),
            ("let x = 7; // seven", "// seven", "let", "7"),
            (r#"    f("a \" b", 'c')"#, "", "", r#""a \" b"'c'"#),
            (r"match '\'' { 'a'..='\\' => }", "", "match", r"'\'''a''\\'"),
            ("fn f<'a>(s: &'a str)", "", "fn", ""),
            ("a / b // c", "// c", "", ""),
            ("\"open // no comment", "", "", "\"open // no comment"),
            ("letter selfish r#fn", "", "fn", ""),
            ("é'é'\"é", "", "", "'é'\"é"),
            ("'", "", "", ""),
            ("\"\\", "", "", "\"\\"),
        ] {
            let of = |wanted: Kind| {
                let found = tokens(line).filter(|(kind, _)| *kind == wanted);
                found.map(|(_, token)| token).collect::<String>()
            };
            assert_eq!(of(Kind::Comment), comment, "{line}");
            assert_eq!(of(Kind::Keyword), keywords, "{line}");
            assert_eq!(of(Kind::Text), text, "{line}");
            let all: String = tokens(line).map(|(_, token)| token).collect();
            assert_eq!(all, line);
        }
        assert!(KEYWORDS.is_sorted());
    }
}
