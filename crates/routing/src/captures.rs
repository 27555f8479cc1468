//! Captured parameters of a matched path.

use std::{fmt, sync::Arc};

use crate::{
    encoding,
    spans::{Span, Spans},
};

/// The captured parameters of a match.
///
/// `Captures` owns its data and does not borrow the path, so it can be stored in a request's
/// extensions; the methods that read values take the path as an argument. Up to four parameters
/// need no allocation. If the path contains percent escapes or the rule's host has a parameter,
/// the decoded values are copied.
#[derive(Clone)]
pub struct Captures {
    pub(crate) info: Arc<RouteInfo>,
    pub(crate) spans: Spans,
    /// The text that the spans index, if it is not the path.
    pub(crate) values: Option<Arc<str>>,
}

/// Metadata of a route, shared by its matches.
#[derive(Debug)]
pub(crate) struct RouteInfo {
    pub(crate) pattern: String,
    pub(crate) names: Vec<String>,
}

impl Captures {
    /// Returns the pattern that matched, such as `/users/{id}`, for logs and metrics.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.info.pattern
    }

    /// Returns the names and decoded values in the order of the pattern, a host's parameter first.
    ///
    /// `path` must be the path that was matched; the values are meaningless for another path. An
    /// unnamed regex group is named by its number. Groups that did not participate in the match
    /// are omitted.
    pub fn params<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let text = self.values.as_deref().unwrap_or(path);
        let names = self.info.names.iter().map(String::as_str);
        names
            .zip(&self.spans)
            .filter_map(move |(name, span)| Some((name, span.of(text)?)))
    }

    /// Returns the decoded value of a parameter; see [`params`](Self::params).
    #[must_use]
    pub fn get<'a>(&'a self, path: &'a str, name: &str) -> Option<&'a str> {
        self.params(path)
            .find_map(|(other, value)| (other == name).then_some(value))
    }

    /// Copies the decoded values of a path in matched form.
    pub(crate) fn copy_values(&mut self, label: Option<&str>, matched: &str) {
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
            .field("pattern", &self.info.pattern)
            .field("names", &self.info.names)
            .finish_non_exhaustive()
    }
}
