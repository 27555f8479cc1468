//! CSS reference rewriting (CSS Syntax Level 3, section 4): `url(…)` and `@import "…"`.

use std::ops::Range;

use percent_encoding::percent_decode_str;

use crate::request::path::encode;

/// Rewrites the references of a style sheet for which `replacement` returns a value.
pub(super) fn rewrite(css: &str, mut replacement: impl FnMut(&str) -> Option<String>) -> String {
    let mut rewritten = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(first) = rest.chars().next() {
        let token = url(rest).or_else(|| import(rest));
        let token = token.unwrap_or_else(|| Token::without_reference(rest, first));
        let reference = &rest[token.reference.clone()];
        rewritten.push_str(&rest[..token.reference.start]);
        match replacement(reference).filter(|_| !reference.is_empty()) {
            Some(new) => rewritten.push_str(&new),
            None => rewritten.push_str(reference),
        }
        rewritten.push_str(&rest[token.reference.end..token.length]);
        rest = &rest[token.length..];
    }
    rewritten
}

/// Returns the name of the file that a reference in the style sheet `from` points to, if it is
/// relative.
pub(super) fn target(from: &str, reference: &str) -> Option<String> {
    let (path, _) = split(reference);
    // Absolute references, and those with a scheme or a CSS escape, are not rewritten.
    if path.is_empty() || path.starts_with('/') || path.contains([':', '\\']) {
        return None;
    }
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let mut segments: Vec<&str> = from.split('/').collect();
    segments.pop();
    for segment in path.split('/') {
        match segment {
            "." => {}
            ".." => drop(segments.pop()?),
            name => segments.push(name),
        }
    }
    Some(segments.join("/"))
}

/// Returns the reference with the file name replaced by that of `name`; query and fragment are
/// kept.
pub(super) fn with_target(reference: &str, name: &str) -> Option<String> {
    let (path, rest) = split(reference);
    let file = encode(name.rsplit('/').next()?);
    let directory = path.rfind('/').map_or("", |slash| &path[..=slash]);
    Some(format!("{directory}{file}{rest}"))
}

/// Splits a reference into its path, and its query and fragment.
fn split(reference: &str) -> (&str, &str) {
    reference.split_at(reference.find(['?', '#']).unwrap_or(reference.len()))
}

/// The first token of a style sheet.
struct Token {
    length: usize,
    /// The range of the reference in the token; empty if there is none.
    reference: Range<usize>,
}

impl Token {
    /// A comment, a string, a name, or one other character.
    fn without_reference(css: &str, first: char) -> Self {
        let length = if let Some(inside) = css.strip_prefix("/*") {
            2 + inside.find("*/").map_or(inside.len(), |end| end + 2)
        } else if matches!(first, '"' | '\'') {
            (end_of_content(&css[1..], first) + 2).min(css.len())
        } else {
            let name = css.find(|c: char| !is_of_name(c)).unwrap_or(css.len());
            name.max(first.len_utf8())
        };
        Self {
            length,
            reference: length..length,
        }
    }

    /// A quoted string that is the reference.
    fn quoted(css: &str, start: usize, quote: char) -> Self {
        let start = start + 1;
        let end = start + end_of_content(&css[start..], quote);
        Self {
            length: (end + 1).min(css.len()),
            reference: start..end,
        }
    }
}

/// `url(` with or without quotes.
fn url(css: &str) -> Option<Token> {
    let inside = strip_prefix_ignoring_case(css, "url(")?.trim_start();
    let start = css.len() - inside.len();
    match inside.chars().next()? {
        quote @ ('"' | '\'') => Some(Token::quoted(css, start, quote)),
        _ => {
            let end = start + inside.find(|c: char| c == ')' || c.is_ascii_whitespace())?;
            Some(Token {
                length: end,
                reference: start..end,
            })
        }
    }
}

/// `@import "…"`.
fn import(css: &str) -> Option<Token> {
    let inside = strip_prefix_ignoring_case(css, "@import")?.trim_start();
    let quote = inside.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some(Token::quoted(css, css.len() - inside.len(), quote))
}

/// The length of a string up to its closing quote, or to the end.
fn end_of_content(string: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = string.find(|c: char| {
        let is_end = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        is_end
    });
    end.unwrap_or(string.len())
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Whether the character is part of a name, which makes `curl(` a function other than `url(`.
fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewrite_finds_all_references() {
        for (css, wanted) in [
            (
                "a { background: url(x.png) }",
                "a { background: url(<x.png>) }",
            ),
            ("url(\"x.png\")", "url(\"<x.png>\")"),
            ("url('x.png')", "url('<x.png>')"),
            ("url( x.png )", "url( <x.png> )"),
            ("url(\n\t'x y.png'\n)", "url(\n\t'<x y.png>'\n)"),
            ("URL(x)", "URL(<x>)"),
            (
                "@import 'a'; url(b) 'url(c)' url('d')url(\"e\")",
                "@import '<a>'; url(<b>) 'url(c)' url('<d>')url(\"<e>\")",
            ),
            ("url(a)url(b),url(c)", "url(<a>)url(<b>),url(<c>)"),
            ("@import 'x.css';", "@import '<x.css>';"),
            ("@import \"x.css\" screen;", "@import \"<x.css>\" screen;"),
            ("@IMPORT url(x.css);", "@IMPORT url(<x.css>);"),
            ("url(x.eot?#iefix)", "url(<x.eot?#iefix>)"),
            ("url(\"a\\\"b\")", "url(\"<a\\\"b>\")"),
            // Not references.
            ("/* url(x.png) */ a", "/* url(x.png) */ a"),
            ("content: 'url(x.png)'", "content: 'url(x.png)'"),
            ("content: \"\\\"url(x)\"", "content: \"\\\"url(x)\""),
            ("curl(x) my-url(x) éurl(x)", "curl(x) my-url(x) éurl(x)"),
            ("@importance 'x'", "@importance 'x'"),
            ("url()", "url()"),
            ("url('')", "url('')"),
            // Unterminated.
            ("url(x", "url(x"),
            ("url(", "url("),
            ("/* url(x)", "/* url(x)"),
            ("'url(x)", "'url(x)"),
            ("'", "'"),
            ("é", "é"),
            ("", ""),
        ] {
            assert_eq!(
                rewrite(css, |reference| Some(format!("<{reference}>"))),
                wanted
            );
            assert_eq!(rewrite(css, |_| None), css);
        }
    }

    #[test]
    fn relative_references_resolve_to_files() {
        for (from, reference, wanted) in [
            ("a.css", "x.png", Some("x.png")),
            ("css/a.css", "x.png", Some("css/x.png")),
            ("css/a.css", "./x.png", Some("css/x.png")),
            ("css/a.css", "../img/x.png", Some("img/x.png")),
            ("css/a.css", "../img/x%20y.png?q#f", Some("img/x y.png")),
            ("css/a.css", "../../x.png", None),
            ("css/a.css", "/x.png", None),
            ("css/a.css", "//host/x.png", None),
            ("css/a.css", "https://host/x.png", None),
            ("css/a.css", "data:image/png;base64,AA", None),
            ("css/a.css", "#id", None),
            ("css/a.css", "?q", None),
            ("css/a.css", "a\\62.png", None),
        ] {
            assert_eq!(target(from, reference).as_deref(), wanted, "{reference}");
        }
        for (reference, name, wanted) in [
            ("x.png", "css/x.1.png", "x.1.png"),
            ("../img/x.png?q#f", "img/x.1.png", "../img/x.1.png?q#f"),
            ("x%20y.png", "x y.1.png", "x%20y.1.png"),
        ] {
            assert_eq!(with_target(reference, name).as_deref(), Some(wanted));
        }
    }
}
