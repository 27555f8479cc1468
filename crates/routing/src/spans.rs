//! Where the values of a match lie in its path.

use smallvec::SmallVec;

/// In the order of the names; four of them need no allocation.
pub(crate) type Spans = SmallVec<[Span; 4]>;

/// A range of bytes. `find` refuses paths that 32 bits cannot address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Of a regex group that took no part in the match. It lies in no text.
    pub(crate) const ABSENT: Self = Self { start: 1, end: 0 };

    #[expect(
        clippy::cast_possible_truncation,
        reason = "Router::find refuses longer paths"
    )]
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    pub(crate) fn of(self, text: &str) -> Option<&str> {
        text.get(self.start as usize..self.end as usize)
    }
}
