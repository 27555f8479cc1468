//! Stand-in for `regexes` without the feature `regex`: a type without a value, and a configuration
//! error for each pattern that needs a regex.

use crate::{error::PatternError, piece::Piece, spans::Spans};

pub(crate) const NEEDS_REGEX: &str = "needs the feature `regex`";

#[derive(Clone, Debug)]
pub(crate) enum Regex {}

pub(crate) fn compile_whole(_: &str, at: usize) -> Result<Regex, PatternError> {
    Err(PatternError::new(at, format!("a regex {NEEDS_REGEX}")))
}

pub(crate) fn compile_pieces(pieces: &[Piece]) -> Result<(Regex, usize), PatternError> {
    let constraint = pieces.iter().find_map(|piece| match piece {
        Piece::Param { constraint } => constraint.as_ref(),
        Piece::Text(_) => None,
    });
    match constraint {
        Some(constraint) => Err(PatternError::new(
            constraint.at,
            format!("a constraint {NEEDS_REGEX}"),
        )),
        None => Err(PatternError::new(
            0,
            format!("a segment with several parameters {NEEDS_REGEX}"),
        )),
    }
}

pub(crate) fn is_match(regex: &Regex, _: &[u8]) -> bool {
    match *regex {}
}

pub(crate) fn find(regex: &Regex, _: usize, _: &[u8], _: usize, _: &mut Spans) -> bool {
    match *regex {}
}

#[cfg(test)]
mod tests {
    use crate::{Router, Rule};

    #[test]
    fn pattern_that_needs_a_regex_is_a_configuration_error() {
        for (pattern, expected) in [
            ("/{id:[0-9]+}", "byte 5: a regex needs the feature `regex`"),
            (
                "/{a}-{b:[0-9]+}",
                "byte 8: a constraint needs the feature `regex`",
            ),
            (
                "/{a}-{b}",
                "byte 0: a segment with several parameters needs the feature `regex`",
            ),
        ] {
            let rule = Rule::new(pattern);
            let error = Router::builder().route(rule, ()).build().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("pattern `{pattern}`, {expected}")
            );
        }
    }

    #[test]
    fn templates_without_constraints_match() {
        let router = Router::builder().route("/{id}.json", ()).build().unwrap();
        let found = router.find(None, "/7.json").unwrap();
        assert_eq!(found.captures.get("/7.json", "id"), Some("7"));
    }
}
