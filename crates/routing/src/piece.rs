//! Pieces of a segment: fixed text and parameters.

/// Fixed text in matched form, or a parameter without its name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    Param { constraint: Option<Constraint> },
}

/// The regex after the colon, and its offset in the pattern.
#[derive(Clone, Debug)]
pub(crate) struct Constraint {
    pub(crate) regex: String,
    pub(crate) at: usize,
}

/// Equality ignores the offset.
impl PartialEq for Constraint {
    fn eq(&self, other: &Self) -> bool {
        self.regex == other.regex
    }
}
