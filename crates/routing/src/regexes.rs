//! Regex compilation: parsing, anchoring and a size limit.

pub(crate) use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input, meta, util::primitives::NonMaxUsize};
use regex_syntax::hir::{Capture, Dot, Hir, HirKind, Look, Repetition};
use smallvec::SmallVec;

use crate::{
    error::PatternError,
    piece::Piece,
    spans::{Span, Spans},
};

/// The maximum size of one compiled regex, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// Compiles a regex that has to match a whole text; `at` is its offset in the pattern.
pub(crate) fn compile_whole(regex: &str, at: usize) -> Result<Regex, PatternError> {
    compile(&whole(parse(regex, at)?), at)
}

/// Compiles a segment with several parameters, one group for each, and returns their number too.
pub(crate) fn compile_pieces(pieces: &[Piece]) -> Result<(Regex, usize), PatternError> {
    let mut parts = Vec::new();
    let mut params = 0;
    let mut at = 0;
    for piece in pieces {
        parts.push(match piece {
            Piece::Text(text) => Hir::literal(text.as_bytes()),
            Piece::Param { constraint } => {
                let value = match constraint {
                    Some(constraint) => {
                        at = constraint.at;
                        without_groups(parse(&constraint.regex, at)?)
                    }
                    None => anything(),
                };
                params += 1;
                group(params, value)
            }
        });
    }
    Ok((compile(&whole(Hir::concat(parts)), at)?, params as usize))
}

pub(crate) fn is_match(regex: &Regex, text: &[u8]) -> bool {
    regex.is_match(input(text))
}

/// Matches a text that starts at `offset` of the path, and adds a span for each group.
pub(crate) fn find(
    regex: &Regex,
    groups: usize,
    text: &[u8],
    offset: usize,
    spans: &mut Spans,
) -> bool {
    let mut slots: SmallVec<[Option<NonMaxUsize>; 10]> = SmallVec::from_elem(None, 2 + 2 * groups);
    if regex.search_slots(&input(text), &mut slots).is_none() {
        return false;
    }
    spans.extend(slots[2..].chunks_exact(2).map(|slot| match slot {
        [Some(start), Some(end)] => Span::new(offset + start.get(), offset + end.get()),
        _ => Span::ABSENT,
    }));
    true
}

/// Parses a regex; `at` is its offset in the pattern, for error positions.
pub(crate) fn parse(regex: &str, at: usize) -> Result<Hir, PatternError> {
    regex_syntax::parse(regex).map_err(|error| match error {
        regex_syntax::Error::Parse(error) => {
            PatternError::new(at + error.span().start.offset, error.kind().to_string())
        }
        regex_syntax::Error::Translate(error) => {
            PatternError::new(at + error.span().start.offset, error.kind().to_string())
        }
        error => PatternError::new(at, error.to_string()),
    })
}

/// Anchors a regex at both ends.
pub(crate) fn whole(hir: Hir) -> Hir {
    Hir::concat(vec![Hir::look(Look::Start), hir, Hir::look(Look::End)])
}

/// Compiles a regex made by [`whole`].
pub(crate) fn compile(hir: &Hir, at: usize) -> Result<Regex, PatternError> {
    let config = meta::Config::new().nfa_size_limit(Some(SIZE_LIMIT));
    Regex::builder()
        .configure(config)
        .build_from_hir(hir)
        .map_err(|error| match error.size_limit() {
            Some(limit) => {
                PatternError::new(at, format!("the regex compiles to more than {limit} bytes"))
            }
            None => PatternError::new(at, error.to_string()),
        })
}

/// The input of a search for a regex made by [`whole`].
pub(crate) fn input(text: &[u8]) -> Input<'_> {
    Input::new(text).anchored(Anchored::Yes)
}

/// Turns the groups of a regex into non-capturing ones, so that it can be nested in another group.
fn without_groups(hir: Hir) -> Hir {
    match hir.into_kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(class) => Hir::class(class),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Repetition(repetition) => Hir::repetition(Repetition {
            sub: Box::new(without_groups(*repetition.sub)),
            ..repetition
        }),
        HirKind::Capture(capture) => without_groups(*capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.into_iter().map(without_groups).collect()),
        HirKind::Alternation(ways) => {
            Hir::alternation(ways.into_iter().map(without_groups).collect())
        }
    }
}

/// Wraps a regex in the capture group `index`.
fn group(index: u32, hir: Hir) -> Hir {
    Hir::capture(Capture {
        index,
        name: None,
        sub: Box::new(hir),
    })
}

/// `.+`, greedy and including line ends.
fn anything() -> Hir {
    Hir::repetition(Repetition {
        min: 1,
        max: None,
        greedy: true,
        sub: Box::new(Hir::dot(Dot::AnyChar)),
    })
}
