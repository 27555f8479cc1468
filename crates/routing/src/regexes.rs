//! Regex compilation: parsing, anchoring and a size limit.

use regex_automata::{Anchored, Input, meta};
use regex_syntax::hir::{Capture, Hir, HirKind, Look, Repetition};

use crate::error::PatternError;

/// The maximum size of one compiled regex, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

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
pub(crate) fn compile(hir: &Hir, at: usize) -> Result<meta::Regex, PatternError> {
    let config = meta::Config::new().nfa_size_limit(Some(SIZE_LIMIT));
    meta::Regex::builder()
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
pub(crate) fn without_groups(hir: Hir) -> Hir {
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
pub(crate) fn group(index: u32, hir: Hir) -> Hir {
    Hir::capture(Capture {
        index,
        name: None,
        sub: Box::new(hir),
    })
}
