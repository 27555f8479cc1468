//! Path pattern parser: from text to the parts that the tree and `reverse` use.

use crate::{
    error::PatternError,
    piece::{Constraint, Piece},
    segment::Segment,
};

/// Bounds the depth of the tree, whose search and insertion recurse.
const MAX_LENGTH: usize = 4096;

/// A path pattern: a template such as `/users/{id}`, or a `regex(…)`.
///
/// A template is matched segment by segment:
///
/// | in a template | matches |
/// |---|---|
/// | `/café` | this text, percent-encoded or not; templates are written decoded |
/// | `{id}` | a whole segment, never empty |
/// | `{id:[0-9]+}` | a whole segment that the regex matches in full |
/// | `{name}.json`, `v{major}` | a segment with this suffix or prefix |
/// | `{base}...{head}` | several parameters; each is greedy, from left to right |
/// | `{*rest}` | the rest of the path with its slashes, never empty; only as the last segment |
/// | `{{`, `}}` | a literal brace |
///
/// Constraints, several parameters in a segment and `regex(…)` need the feature `regex`.
/// [`Builder::build`](crate::Builder::build) returns the errors of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    pub(crate) text: String,
    pub(crate) is_regex: bool,
}

/// A pattern that matches whole paths by a regular expression, as Tornado's rules do.
///
/// The regex is anchored at both ends. Its groups are the parameters, identified by name or
/// number. It matches against the path with all escapes decoded except `%2F` and `%25`, so `[^/]+`
/// never matches beyond a segment. The syntax is that of the `regex` crate.
#[cfg(feature = "regex")]
#[must_use]
pub fn regex(regex: impl Into<String>) -> Pattern {
    Pattern {
        text: regex.into(),
        is_regex: true,
    }
}

impl From<&str> for Pattern {
    fn from(template: &str) -> Self {
        template.to_owned().into()
    }
}

impl From<String> for Pattern {
    fn from(template: String) -> Self {
        Self {
            text: template,
            is_regex: false,
        }
    }
}

/// A parsed template.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) parts: Vec<Part>,
    /// The names of the parameters, in order.
    pub(crate) names: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// Fixed text in matched form, including slashes.
    Literal(String),
    Segment(Segment),
    /// `{*rest}`, always the last.
    Rest,
}

impl Template {
    pub(crate) fn parse(text: &str) -> Result<Self, PatternError> {
        if !text.starts_with('/') {
            return Err(PatternError::new(0, "a pattern must start with `/`"));
        }
        if text.len() > MAX_LENGTH {
            return Err(PatternError::new(
                MAX_LENGTH,
                format!("a pattern is limited to {MAX_LENGTH} bytes"),
            ));
        }
        let mut template = Self {
            parts: Vec::new(),
            names: Vec::new(),
        };
        let mut literal = String::new();
        let mut segment = Vec::new();
        let mut scanner = Scanner { text, at: 0 };
        while let Some(token) = scanner.next()? {
            match token {
                Token::Slash => {
                    template.end_segment(&mut literal, &mut segment)?;
                    literal.push('/');
                }
                Token::Char(c) => match segment.last_mut() {
                    Some(Piece::Text(text)) => text.push(c),
                    _ => segment.push(Piece::Text(c.into())),
                },
                Token::Percent => match segment.last_mut() {
                    Some(Piece::Text(text)) => text.push_str("%25"),
                    _ => segment.push(Piece::Text("%25".to_owned())),
                },
                Token::Param {
                    name,
                    at,
                    constraint,
                } => {
                    let unbounded = constraint.is_none();
                    if let Some(Piece::Param { constraint }) = segment.last()
                        && (unbounded || constraint.is_none())
                    {
                        let reason = "adjacent parameters are ambiguous; put text between them or constrain both";
                        return Err(PatternError::new(at, reason));
                    }
                    template.add_name(name, at)?;
                    segment.push(Piece::Param { constraint });
                }
                Token::Rest { name, at } => {
                    if !segment.is_empty() || scanner.at < text.len() {
                        let reason = "a rest parameter must be the whole last segment";
                        return Err(PatternError::new(at, reason));
                    }
                    template.add_name(name, at)?;
                    template.parts.push(Part::Literal(literal));
                    template.parts.push(Part::Rest);
                    return Ok(template);
                }
            }
        }
        template.end_segment(&mut literal, &mut segment)?;
        if !literal.is_empty() {
            template.parts.push(Part::Literal(literal));
        }
        Ok(template)
    }

    fn end_segment(
        &mut self,
        literal: &mut String,
        segment: &mut Vec<Piece>,
    ) -> Result<(), PatternError> {
        match segment.as_slice() {
            [] => {}
            [Piece::Text(text)] => {
                literal.push_str(text);
                segment.clear();
            }
            _ => {
                self.parts.push(Part::Literal(std::mem::take(literal)));
                let pieces = std::mem::take(segment);
                self.parts.push(Part::Segment(Segment::new(pieces)?));
            }
        }
        Ok(())
    }

    fn add_name(&mut self, name: &str, at: usize) -> Result<(), PatternError> {
        if self.names.iter().any(|other| other == name) {
            return Err(PatternError::new(
                at,
                format!("duplicate parameter `{name}`"),
            ));
        }
        self.names.push(name.to_owned());
        Ok(())
    }
}

/// Whether this is a valid parameter name. A number is reserved for an unnamed regex group.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

enum Token<'a> {
    Slash,
    Char(char),
    Percent,
    Param {
        name: &'a str,
        at: usize,
        constraint: Option<Constraint>,
    },
    Rest {
        name: &'a str,
        at: usize,
    },
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn next(&mut self) -> Result<Option<Token<'a>>, PatternError> {
        let at = self.at;
        let rest = &self.text[at..];
        let Some(c) = rest.chars().next() else {
            return Ok(None);
        };
        let fault = |reason: &str| Err(PatternError::new(at, reason));
        let token = match c {
            '/' => Token::Slash,
            '{' | '}' if rest[1..].starts_with(c) => {
                self.at += 1;
                Token::Char(c)
            }
            '{' => return self.param().map(Some),
            '}' => return fault("unopened `}`; write `}}` for a literal brace"),
            '?' | '#' => return fault("a path pattern cannot contain `?` or `#`"),
            '%' if is_escape(rest) => {
                return fault("write patterns decoded: `é` instead of `%C3%A9`");
            }
            '%' => Token::Percent,
            c => Token::Char(c),
        };
        self.at += c.len_utf8();
        Ok(Some(token))
    }

    fn param(&mut self) -> Result<Token<'a>, PatternError> {
        let at = self.at;
        let Some(length) = closing_brace(&self.text[at..]) else {
            let reason = "unclosed `{`; write `{{` for a literal brace";
            return Err(PatternError::new(at, reason));
        };
        self.at += length + 1;
        let inner = &self.text[at + 1..at + length];
        let (name, constraint) = match inner.split_once(':') {
            Some((name, regex)) => (name, Some(regex)),
            None => (inner, None),
        };
        let (is_rest, name) = match name.strip_prefix('*') {
            Some(name) => (true, name),
            None => (false, name),
        };
        if !is_name(name) {
            let reason = format!(
                "`{name}` is not a valid name: use letters, digits, `_` and `-`, and no digit or `-` first"
            );
            return Err(PatternError::new(at + 1, reason));
        }
        match constraint {
            Some(_) if is_rest => Err(PatternError::new(
                at,
                "a rest parameter cannot have a constraint",
            )),
            Some("") => Err(PatternError::new(
                at,
                "an empty constraint matches no value",
            )),
            None if is_rest => Ok(Token::Rest { name, at }),
            constraint => Ok(Token::Param {
                name,
                at,
                constraint: constraint.map(|regex| Constraint {
                    regex: regex.to_owned(),
                    at: at + length - regex.len(),
                }),
            }),
        }
    }
}

/// Returns the offset of the brace that closes the first one. Braces inside a constraint must be
/// balanced or escaped by a backslash.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Whether two hex digits follow the `%` at the start of `text`.
fn is_escape(text: &str) -> bool {
    let digits = text.as_bytes().get(1..3);
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}
