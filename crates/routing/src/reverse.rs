//! Reverse routing: builds the path of a named rule from values.

use std::{
    collections::HashMap,
    error::Error,
    fmt::{self, Display},
    sync::Arc,
};

use crate::{
    encoding,
    path_regex::{PathRegex, RegexPart},
    pattern::Part,
    piece::Piece,
    segment::Segment,
    spans::{Span, Spans},
};

/// The named rules of a router. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Urls(Arc<HashMap<String, UrlTemplate>>);

/// The template for the URLs of one rule.
#[derive(Debug)]
pub(crate) struct UrlTemplate {
    pattern: String,
    /// The names of the path's parameters, in order.
    pub(crate) names: Vec<String>,
    kind: UrlTemplateKind,
}

#[derive(Debug)]
pub(crate) enum UrlTemplateKind {
    Template(Vec<Part>),
    Regex(PathRegex),
}

impl From<Vec<Part>> for UrlTemplateKind {
    fn from(parts: Vec<Part>) -> Self {
        Self::Template(parts)
    }
}

impl From<PathRegex> for UrlTemplateKind {
    fn from(regex: PathRegex) -> Self {
        Self::Regex(regex)
    }
}

impl Urls {
    pub(crate) fn new(urls: HashMap<String, UrlTemplate>) -> Self {
        Self(Arc::new(urls))
    }

    /// Builds the percent-encoded path of a named rule. Matching the path gives the same values.
    ///
    /// `params` are the values of the path's parameters, in order, without a host's parameter. A
    /// value stays within its segment; a rest parameter keeps its slashes, as do regex groups that
    /// match slashes. A rule of higher precedence may match the path too: `/users/me` does for the
    /// user `me`.
    ///
    /// ```
    /// use squall_routing::{Router, Rule};
    ///
    /// let tag = Rule::new("/tags/{tag}/{page}").name("tag");
    /// let router = Router::builder().route(tag, ()).build()?;
    /// assert_eq!(router.urls().reverse("tag", ["c/c++", "2"])?, "/tags/c%2Fc++/2");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReverseError`] names the rule or the value that is invalid. A path that starts with `//`,
    /// which a browser takes for a host, or has a `.` or `..` segment, which a browser resolves, is
    /// an error.
    pub fn reverse<P: Display>(
        &self,
        name: &str,
        params: impl IntoIterator<Item = P>,
    ) -> Result<String, ReverseError> {
        let url = self.0.get(name).ok_or_else(|| ReverseError::Unknown {
            name: name.to_owned(),
        })?;
        let values: Vec<String> = params.into_iter().map(|value| value.to_string()).collect();
        if values.len() != url.names.len() {
            return Err(ReverseError::Count {
                pattern: url.pattern.clone(),
                expected: url.names.len(),
                given: values.len(),
            });
        }
        url.path(&values)
    }

    /// Returns the names of all rules, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl UrlTemplate {
    pub(crate) fn new(pattern: &str, names: Vec<String>, kind: UrlTemplateKind) -> Self {
        Self {
            pattern: pattern.to_owned(),
            names,
            kind,
        }
    }

    /// Returns the percent-encoded path with these values.
    fn path(&self, values: &[String]) -> Result<String, ReverseError> {
        let matched = match &self.kind {
            UrlTemplateKind::Template(parts) => self.template(parts, values)?,
            UrlTemplateKind::Regex(regex) => self.regex(regex, values)?,
        };
        let is_safe = matched.starts_with('/')
            && !matched.starts_with("//")
            && !matched.split('/').any(|part| part == "." || part == "..");
        let url = encoding::encode(matched);
        if is_safe {
            Ok(url)
        } else {
            Err(ReverseError::Unsafe { url })
        }
    }

    /// Returns about how long a path with these values is.
    fn length(&self, values: &[String]) -> usize {
        self.pattern.len() + values.iter().map(String::len).sum::<usize>()
    }

    fn template(&self, parts: &[Part], values: &[String]) -> Result<String, ReverseError> {
        let mut matched = String::with_capacity(self.length(values));
        let mut done = 0;
        for part in parts {
            match part {
                Part::Literal(text) => matched.push_str(text),
                Part::Segment(segment) => {
                    done += self.segment(segment, done, values, &mut matched)?;
                }
                Part::Rest if values[done].is_empty() => {
                    return Err(self.invalid_value(done, values));
                }
                Part::Rest => matched.push_str(&encoding::matched_rest(&values[done])),
            }
        }
        Ok(matched)
    }

    /// Appends a segment with the values from index `first`; returns the number of values used.
    fn segment(
        &self,
        segment: &Segment,
        first: usize,
        values: &[String],
        matched: &mut String,
    ) -> Result<usize, ReverseError> {
        let start = matched.len();
        let mut given = Spans::new();
        for piece in &segment.pieces {
            match piece {
                Piece::Text(text) => matched.push_str(text),
                Piece::Param { .. } => {
                    let value = encoding::matched_segment(&values[first + given.len()]);
                    given.push(append(matched, &value));
                }
            }
        }
        let mut read = Spans::new();
        if segment.find(matched.as_bytes(), start, matched.len(), &mut read) && read == given {
            return Ok(given.len());
        }
        Err(self.invalid_value(first + first_difference(&given, &read), values))
    }

    fn regex(&self, regex: &PathRegex, values: &[String]) -> Result<String, ReverseError> {
        let irreversible = |reason| ReverseError::Regex {
            pattern: self.pattern.clone(),
            reason,
        };
        let parts = regex.parts().map_err(irreversible)?;
        let mut invalid = 0;
        for in_matched_form in [encoding::matched_rest, encoding::matched_segment] {
            let mut matched = String::with_capacity(self.length(values));
            let mut given = Spans::new();
            for part in &parts {
                match part {
                    RegexPart::Text(text) => matched.push_str(text),
                    RegexPart::Group => {
                        let value = in_matched_form(&values[given.len()]);
                        given.push(append(&mut matched, &value));
                    }
                }
            }
            let mut read = Spans::new();
            if regex.find(matched.as_bytes(), &mut read) && read == given {
                return Ok(matched);
            }
            if values.is_empty() {
                return Err(irreversible("the regex does not match its own text"));
            }
            invalid = first_difference(&given, &read);
        }
        Err(self.invalid_value(invalid, values))
    }

    fn invalid_value(&self, i: usize, values: &[String]) -> ReverseError {
        ReverseError::Value {
            pattern: self.pattern.clone(),
            param: self.names[i].clone(),
            value: values[i].clone(),
        }
    }
}

/// The index of the first value that the match captured differently.
fn first_difference(given: &Spans, read: &Spans) -> usize {
    let same = given.iter().zip(read).take_while(|(a, b)| a == b).count();
    same.min(given.len().saturating_sub(1))
}

fn append(text: &mut String, value: &str) -> Span {
    let start = text.len();
    text.push_str(value);
    Span::new(start, text.len())
}

/// The reason that a path cannot be built from a name and values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReverseError {
    /// No rule has this name.
    #[non_exhaustive]
    Unknown {
        /// The name.
        name: String,
    },
    /// The number of values does not match the number of parameters.
    #[non_exhaustive]
    Count {
        /// The rule's pattern.
        pattern: String,
        /// The number of parameters.
        expected: usize,
        /// The number of values.
        given: usize,
    },
    /// A parameter cannot have this value: it is empty, its constraint does not match, or matching
    /// the path would capture another value.
    #[non_exhaustive]
    Value {
        /// The rule's pattern.
        pattern: String,
        /// The parameter.
        param: String,
        /// The value.
        value: String,
    },
    /// The rule is a regex that does not determine a single text.
    #[non_exhaustive]
    Regex {
        /// The regex.
        pattern: String,
        /// The part of the regex that has no single text.
        reason: &'static str,
    },
    /// The path starts with `//`, does not start with `/`, or has a `.` or `..` segment.
    #[non_exhaustive]
    Unsafe {
        /// The path.
        url: String,
    },
}

impl Display for ReverseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(f, "no rule has the name `{name}`"),
            Self::Count {
                pattern,
                expected,
                given,
            } => write!(f, "`{pattern}` expects {expected} values, got {given}"),
            Self::Value {
                pattern,
                param,
                value,
            } => write!(f, "invalid value {value:?} for `{param}` of `{pattern}`"),
            Self::Regex { pattern, reason } => {
                write!(f, "`{pattern}` cannot be reversed: {reason}")
            }
            Self::Unsafe { url } => write!(
                f,
                "unsafe path `{url}`: it starts with `//`, does not start with `/`, or has a `.` or \
                 `..` segment"
            ),
        }
    }
}

impl Error for ReverseError {}
