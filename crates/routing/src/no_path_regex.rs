//! Stand-in for `path_regex` without the feature `regex`: types without a value.

use std::convert::Infallible;

use crate::{error::PatternError, regexes::NEEDS_REGEX, spans::Spans};

#[derive(Clone, Debug)]
pub(crate) struct PathRegex(Infallible);

#[derive(Debug, Default)]
pub(crate) struct PathRegexes;

#[expect(dead_code, reason = "only a regex has parts")]
pub(crate) enum RegexPart {
    Text(String),
    Group,
}

impl PathRegex {
    pub(crate) fn parse(_: &str) -> Result<Self, PatternError> {
        Err(PatternError::new(0, format!("a regex {NEEDS_REGEX}")))
    }

    pub(crate) fn names(&self) -> &[String] {
        match self.0 {}
    }

    pub(crate) fn find(&self, _: &[u8], _: &mut Spans) -> bool {
        match self.0 {}
    }

    pub(crate) fn parts(&self) -> Result<Vec<RegexPart>, &'static str> {
        match self.0 {}
    }
}

impl PathRegexes {
    pub(crate) fn insert(&mut self, regex: PathRegex, _: usize) -> Result<(), usize> {
        match regex.0 {}
    }

    pub(crate) fn routes(&self) -> impl Iterator<Item = usize> {
        std::iter::empty()
    }

    pub(crate) fn finish(&mut self) {}

    pub(crate) fn find(&self, _: &[u8], _: &mut Spans) -> Option<usize> {
        None
    }
}
