//! The values that a path gave to a pattern's parameters.

use std::fmt;
use std::sync::Arc;

use crate::encoding;
use crate::spans::{Span, Spans};

/// The values of a match, without the path that most of them lie in.
///
/// It owns what it needs, so it can be kept with a request; the path is lent to it when the
/// values are read. Making one does not allocate for up to four parameters, unless the path has
/// percent escapes or the rule's host has a parameter: then it owns a copy of the values.
#[derive(Clone)]
pub struct Captures {
    pub(crate) about: Arc<About>,
    pub(crate) spans: Spans,
    /// What the spans are of, if not of the path itself.
    pub(crate) values: Option<Arc<str>>,
}

/// What the matches of a route have in common.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) pattern: String,
    pub(crate) names: Vec<String>,
}

impl Captures {
    /// The text of the pattern that matched, such as `/users/{id}`, for logs and metrics.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.about.pattern
    }

    /// The names and decoded values in the order of the pattern, a host's parameter first.
    ///
    /// `path` is the path that was matched; with another one the values are meaningless. An
    /// unnamed group of a regex has its number as its name. Groups that took no part in the
    /// match are left out.
    pub fn params<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let text = self.values.as_deref().unwrap_or(path);
        let names = self.about.names.iter().map(String::as_str);
        names
            .zip(&self.spans)
            .filter_map(move |(name, span)| Some((name, span.of(text)?)))
    }

    /// The decoded value of a parameter; see [`params`](Self::params).
    #[must_use]
    pub fn get<'a>(&'a self, path: &'a str, name: &str) -> Option<&'a str> {
        self.params(path)
            .find_map(|(other, value)| (other == name).then_some(value))
    }

    /// Copies the decoded values out of the matched form of a path.
    pub(crate) fn own(&mut self, label: Option<&str>, matched: &str) {
        let mut values = label.map_or_else(String::new, str::to_owned);
        let mut spans: Spans = label
            .map(|label| Span::new(0, label.len()))
            .into_iter()
            .collect();
        for span in &self.spans {
            spans.push(match span.of(matched) {
                Some(value) => {
                    let start = values.len();
                    values.push_str(&encoding::decode(value));
                    Span::new(start, values.len())
                }
                None => Span::ABSENT,
            });
        }
        self.spans = spans;
        self.values = Some(values.into());
    }
}

impl fmt::Debug for Captures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Captures")
            .field("pattern", &self.about.pattern)
            .field("names", &self.about.names)
            .finish_non_exhaustive()
    }
}
