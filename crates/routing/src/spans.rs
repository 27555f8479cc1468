//! Spans: the positions of captured values in a path.

use smallvec::SmallVec;

/// In the order of the names; up to four need no allocation.
pub(crate) type Spans = SmallVec<[Span; 4]>;

/// A byte range. `Router::find` rejects paths longer than `u32::MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// A regex group that did not participate in the match; `of` returns `None` for every text.
    pub(crate) const ABSENT: Self = Self { start: 1, end: 0 };

    #[expect(
        clippy::cast_possible_truncation,
        reason = "Router::find rejects longer paths"
    )]
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    /// Whether the span is empty or absent.
    pub(crate) fn is_empty(self) -> bool {
        self.start >= self.end
    }

    pub(crate) fn of(self, text: &str) -> Option<&str> {
        text.get(self.start as usize..self.end as usize)
    }
}
