//! Whole-path regexes: patterns made by [`regex`](crate::regex()).

use regex_automata::{
    PatternID,
    meta::{Config, Regex},
};
use regex_syntax::hir::{Hir, HirKind};

use crate::{error::PatternError, regexes, spans::Spans};

#[derive(Clone, Debug)]
pub(crate) struct PathRegex {
    pub(crate) regex: Regex,
    hir: Hir,
    /// The names of the groups, in order.
    names: Vec<String>,
}

/// A part of a regex that is a sequence of fixed text and groups.
#[derive(Clone, Debug)]
pub(crate) enum RegexPart {
    Text(String),
    Group,
}

impl PathRegex {
    pub(crate) fn parse(text: &str) -> Result<Self, PatternError> {
        let hir = regexes::whole(regexes::parse(text, 0)?);
        let regex = regexes::compile(&hir, 0)?;
        let names = regex
            .group_info()
            .pattern_names(PatternID::ZERO)
            .enumerate()
            .skip(1)
            .map(|(number, name)| name.map_or_else(|| number.to_string(), str::to_owned))
            .collect();
        Ok(Self { regex, hir, names })
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Matches the path and adds a span for each group.
    pub(crate) fn find(&self, path: &[u8], spans: &mut Spans) -> bool {
        regexes::find(&self.regex, self.names.len(), path, 0, spans)
    }

    /// The parts for `reverse`, or the reason that the regex has no single text.
    pub(crate) fn parts(&self) -> Result<Vec<RegexPart>, &'static str> {
        let mut parts = Vec::new();
        add_parts(&self.hir, &mut parts)?;
        Ok(parts)
    }
}

fn add_parts(hir: &Hir, parts: &mut Vec<RegexPart>) -> Result<(), &'static str> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Ok(()),
        HirKind::Concat(hirs) => hirs.iter().try_for_each(|hir| add_parts(hir, parts)),
        HirKind::Literal(literal) => {
            let text =
                str::from_utf8(&literal.0).map_err(|_| "the regex has text that is not UTF-8")?;
            parts.push(RegexPart::Text(text.to_owned()));
            Ok(())
        }
        HirKind::Capture(capture) if capture.sub.properties().explicit_captures_len() > 0 => {
            Err("the regex has nested groups")
        }
        HirKind::Capture(_) => {
            parts.push(RegexPart::Group);
            Ok(())
        }
        HirKind::Class(_) | HirKind::Repetition(_) | HirKind::Alternation(_) => {
            Err("the regex is not a sequence of fixed text and groups")
        }
    }
}

/// The regexes of one host, in order of registration.
#[derive(Debug, Default)]
pub(crate) struct PathRegexes {
    routes: Vec<(PathRegex, usize)>,
    /// Finds the first matching regex in one pass. `None` if there are fewer than two regexes, or
    /// the combined regex cannot be built: then `find` tries them one by one.
    combined: Option<Regex>,
}

impl PathRegexes {
    /// Adds a route; if a route with the same regex exists, returns its index as the error.
    pub(crate) fn insert(&mut self, regex: PathRegex, route: usize) -> Result<(), usize> {
        match self.routes.iter().find(|(other, _)| other.hir == regex.hir) {
            Some((_, other)) => Err(*other),
            None => {
                self.routes.push((regex, route));
                Ok(())
            }
        }
    }

    /// Returns the routes in the order in which `find` tries them.
    pub(crate) fn routes(&self) -> impl Iterator<Item = usize> {
        self.routes.iter().map(|(_, route)| *route)
    }

    /// Builds the combined regex, after the last insertion.
    pub(crate) fn finish(&mut self) {
        if self.routes.len() > 1 {
            let hirs: Vec<&Hir> = self.routes.iter().map(|(regex, _)| &regex.hir).collect();
            // Each regex is within its own size limit, so the combined one needs none.
            let config = Config::new().nfa_size_limit(None);
            self.combined = Regex::builder()
                .configure(config)
                .build_many_from_hir(&hirs)
                .ok();
        }
    }

    /// Returns the first route whose regex matches the path.
    pub(crate) fn find(&self, path: &[u8], spans: &mut Spans) -> Option<usize> {
        let candidates = match &self.combined {
            Some(combined) => {
                let found = combined.search_half(&regexes::input(path))?;
                let i = found.pattern().as_usize();
                &self.routes[i..=i]
            }
            None => &self.routes,
        };
        candidates
            .iter()
            .find_map(|(regex, route)| regex.find(path, spans).then_some(*route))
    }
}
