//! Segment matcher, for a segment with parameters: `{id}`, `{id:[0-9]+}`, `{name}.json`,
//! `{base}...{head}`.

use std::cmp::Reverse;

use crate::{
    error::PatternError,
    piece::{Constraint, Piece},
    regexes::{self, Regex},
    spans::{Span, Spans},
};

#[derive(Clone, Debug)]
pub(crate) struct Segment {
    /// Segments with equal pieces match the same text.
    pub(crate) pieces: Vec<Piece>,
    matcher: Matcher,
}

#[derive(Clone, Debug)]
enum Matcher {
    /// `{id}`: the whole segment.
    Any,
    /// One parameter between two texts, which may be empty.
    Single {
        before: String,
        after: String,
        constraint: Option<Regex>,
    },
    /// One regex group per parameter.
    Several { regex: Regex, params: usize },
}

impl Segment {
    pub(crate) fn new(pieces: Vec<Piece>) -> Result<Self, PatternError> {
        let matcher = match pieces.as_slice() {
            [Piece::Param { constraint: None }] => Matcher::Any,
            [Piece::Param { constraint }] => Matcher::single("", constraint.as_ref(), "")?,
            [Piece::Text(before), Piece::Param { constraint }] => {
                Matcher::single(before, constraint.as_ref(), "")?
            }
            [Piece::Param { constraint }, Piece::Text(after)] => {
                Matcher::single("", constraint.as_ref(), after)?
            }
            [
                Piece::Text(before),
                Piece::Param { constraint },
                Piece::Text(after),
            ] => Matcher::single(before, constraint.as_ref(), after)?,
            several => Matcher::several(several)?,
        };
        Ok(Self { pieces, matcher })
    }

    /// The sort key of segments: more fixed text first, then those with a constraint.
    pub(crate) fn precedence(&self) -> impl Ord + use<> {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.len(),
            Piece::Param { .. } => 0,
        };
        let constrained = |piece: &Piece| {
            matches!(
                piece,
                Piece::Param {
                    constraint: Some(_)
                }
            )
        };
        (
            Reverse(self.pieces.iter().map(text).sum::<usize>()),
            !self.pieces.iter().any(constrained),
        )
    }

    /// Matches `path[start..end]` and adds a span for each parameter. Values are never empty.
    pub(crate) fn find(&self, path: &[u8], start: usize, end: usize, spans: &mut Spans) -> bool {
        let text = &path[start..end];
        match &self.matcher {
            Matcher::Any => {
                if start < end {
                    spans.push(Span::new(start, end));
                }
                start < end
            }
            Matcher::Single {
                before,
                after,
                constraint,
            } => {
                if text.len() <= before.len() + after.len() {
                    return false;
                }
                let (head, value) = text.split_at(before.len());
                let (value, tail) = value.split_at(value.len() - after.len());
                if !same(head, before.as_bytes()) || !same(tail, after.as_bytes()) {
                    return false;
                }
                if let Some(regex) = constraint
                    && !regexes::is_match(regex, value)
                {
                    return false;
                }
                spans.push(Span::new(start + before.len(), end - after.len()));
                true
            }
            Matcher::Several { regex, params } => {
                let before = spans.len();
                let is_match = regexes::find(regex, *params, text, start, spans)
                    && spans[before..].iter().all(|span| !span.is_empty());
                if !is_match {
                    spans.truncate(before);
                }
                is_match
            }
        }
    }
}

impl Matcher {
    fn single(
        before: &str,
        constraint: Option<&Constraint>,
        after: &str,
    ) -> Result<Self, PatternError> {
        let constraint = match constraint {
            Some(Constraint { regex, at }) => Some(regexes::compile_whole(regex, *at)?),
            None => None,
        };
        Ok(Self::Single {
            before: before.to_owned(),
            after: after.to_owned(),
            constraint,
        })
    }

    fn several(pieces: &[Piece]) -> Result<Self, PatternError> {
        let (regex, params) = regexes::compile_pieces(pieces)?;
        Ok(Self::Several { regex, params })
    }
}

/// Compares two texts. The check for empty text is a measured optimization: on some CPUs a `memcmp`
/// of length 0 is slow when an operand is the dangling pointer of an empty `String`.
pub(crate) fn same(text: &[u8], expected: &[u8]) -> bool {
    expected.is_empty() || text == expected
}
