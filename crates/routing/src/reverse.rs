//! From the name of a rule and values to the path that is matched with these values.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::{self, Display};
use std::sync::Arc;

use crate::encoding;
use crate::pattern::Part;
use crate::segment::{self, Segment};
use crate::spans::{Span, Spans};
use crate::whole::{self, Whole};

/// The names of a router's rules. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Urls(Arc<HashMap<String, Recipe>>);

/// How to make the paths of one rule.
#[derive(Debug)]
pub(crate) struct Recipe {
    pattern: String,
    /// Of the path's parameters, in order.
    pub(crate) names: Vec<String>,
    form: Form,
}

#[derive(Debug)]
pub(crate) enum Form {
    Template(Vec<Part>),
    Whole(Whole),
}

impl From<Vec<Part>> for Form {
    fn from(parts: Vec<Part>) -> Self {
        Self::Template(parts)
    }
}

impl From<Whole> for Form {
    fn from(whole: Whole) -> Self {
        Self::Whole(whole)
    }
}

impl Urls {
    pub(crate) fn new(recipes: HashMap<String, Recipe>) -> Self {
        Self(Arc::new(recipes))
    }

    /// Makes the path of a named rule: percent-encoded, and read back as the same values.
    ///
    /// The values are those of the path's parameters, in order; a host's parameter is not one
    /// of them. A value stays within its segment, but a rest parameter keeps its slashes, and so
    /// do the groups of a regex that matches with them. A rule of higher precedence may match the
    /// path too, as `/users/me` does for the user `me`.
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
    /// [`ReverseError`] says which name or value it cannot use, and why. It never makes a path
    /// that begins with `//`, which a browser takes for a host, or that has a segment `.` or
    /// `..`, which a browser resolves.
    pub fn reverse<P: Display>(
        &self,
        name: &str,
        params: impl IntoIterator<Item = P>,
    ) -> Result<String, ReverseError> {
        let recipe = self.0.get(name).ok_or_else(|| ReverseError::Unknown {
            name: name.to_owned(),
        })?;
        let values: Vec<String> = params.into_iter().map(|value| value.to_string()).collect();
        if values.len() != recipe.names.len() {
            return Err(ReverseError::Count {
                pattern: recipe.pattern.clone(),
                expected: recipe.names.len(),
                given: values.len(),
            });
        }
        let matched = match &recipe.form {
            Form::Template(parts) => recipe.template(parts, &values)?,
            Form::Whole(whole) => recipe.whole(whole, &values)?,
        };
        let url = encoding::encode(&matched);
        let is_safe = matched.starts_with('/')
            && !matched.starts_with("//")
            && !matched.split('/').any(|part| part == "." || part == "..");
        if is_safe {
            Ok(url)
        } else {
            Err(ReverseError::Unsafe { url })
        }
    }
}

impl Recipe {
    pub(crate) fn new(pattern: &str, names: Vec<String>, form: Form) -> Self {
        Self {
            pattern: pattern.to_owned(),
            names,
            form,
        }
    }

    fn template(&self, parts: &[Part], values: &[String]) -> Result<String, ReverseError> {
        let mut matched = String::new();
        let mut done = 0;
        for part in parts {
            match part {
                Part::Literal(text) => matched.push_str(text),
                Part::Segment(segment) => {
                    done += self.segment(segment, done, values, &mut matched)?;
                }
                Part::Rest if values[done].is_empty() => return Err(self.refuse(done, values)),
                Part::Rest => matched.push_str(&encoding::matched_rest(&values[done])),
            }
        }
        Ok(matched)
    }

    /// Appends a segment with the values from number `first` on; returns how many it has.
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
                segment::Piece::Text(text) => matched.push_str(text),
                segment::Piece::Param { .. } => {
                    let value = encoding::matched_segment(&values[first + given.len()]);
                    given.push(append(matched, &value));
                }
            }
        }
        let mut read = Spans::new();
        if segment.find(matched.as_bytes(), start, matched.len(), &mut read) && read == given {
            return Ok(given.len());
        }
        Err(self.refuse(first + first_difference(&given, &read), values))
    }

    fn whole(&self, whole: &Whole, values: &[String]) -> Result<String, ReverseError> {
        let pieces = whole.pieces().map_err(|reason| ReverseError::Regex {
            pattern: self.pattern.clone(),
            reason,
        })?;
        let mut refused = 0;
        for in_matched_form in [encoding::matched_rest, encoding::matched_segment] {
            let mut matched = String::new();
            let mut given = Spans::new();
            for piece in &pieces {
                match piece {
                    whole::Piece::Text(text) => matched.push_str(text),
                    whole::Piece::Group => {
                        let value = in_matched_form(&values[given.len()]);
                        given.push(append(&mut matched, &value));
                    }
                }
            }
            let mut read = Spans::new();
            if whole.find(matched.as_bytes(), &mut read) && read == given {
                return Ok(matched);
            }
            refused = first_difference(&given, &read);
        }
        Err(self.refuse(refused, values))
    }

    fn refuse(&self, i: usize, values: &[String]) -> ReverseError {
        ReverseError::Value {
            pattern: self.pattern.clone(),
            param: self.names[i].clone(),
            value: values[i].clone(),
        }
    }
}

/// Which value was read back as another one, the first if none was.
fn first_difference(given: &Spans, read: &Spans) -> usize {
    let same = given.iter().zip(read).take_while(|(a, b)| a == b).count();
    same.min(given.len().saturating_sub(1))
}

fn append(text: &mut String, value: &str) -> Span {
    let start = text.len();
    text.push_str(value);
    Span::new(start, text.len())
}

/// Why a name and values do not make a path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReverseError {
    /// No rule has this name.
    #[non_exhaustive]
    Unknown {
        /// The name.
        name: String,
    },
    /// The rule has more parameters, or fewer.
    #[non_exhaustive]
    Count {
        /// The rule's pattern.
        pattern: String,
        /// How many parameters it has.
        expected: usize,
        /// How many values there were.
        given: usize,
    },
    /// A parameter cannot have this value: it is empty, the constraint does not match it, or it
    /// would be read back as another one.
    #[non_exhaustive]
    Value {
        /// The rule's pattern.
        pattern: String,
        /// The parameter.
        param: String,
        /// The value.
        value: String,
    },
    /// The rule is a regex that matches more than one can write down.
    #[non_exhaustive]
    Regex {
        /// The regex.
        pattern: String,
        /// What in it has no single text.
        reason: &'static str,
    },
    /// The path begins with `//` or not with `/`, or has a segment `.` or `..`.
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
            } => write!(f, "`{pattern}` needs {expected} values, not {given}"),
            Self::Value {
                pattern,
                param,
                value,
            } => write!(f, "`{param}` of `{pattern}` cannot be {value:?}"),
            Self::Regex { pattern, reason } => {
                write!(f, "`{pattern}` cannot be reversed: {reason}")
            }
            Self::Unsafe { url } => write!(
                f,
                "a browser would not send `{url}` as it is: it begins with `//` or not with `/`, \
                 or has a segment `.` or `..`"
            ),
        }
    }
}

impl Error for ReverseError {}
