//! Patterns that are a regex over the whole path.

use regex_automata::PatternID;
use regex_automata::meta::{Config, Regex};
use regex_automata::util::primitives::NonMaxUsize;
use regex_syntax::hir::{Hir, HirKind};
use smallvec::SmallVec;

use crate::error::Fault;
use crate::regexes;
use crate::spans::{Span, Spans};

/// A pattern made by [`regex`](crate::regex()).
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    pub(crate) regex: Regex,
    hir: Hir,
    /// Of the groups, in order.
    pub(crate) names: Vec<String>,
}

/// What a regex consists of, if it is fixed text and groups side by side.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Text(String),
    Group,
}

impl Whole {
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
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

    /// Matches the path, and adds a span for each group.
    pub(crate) fn find(&self, path: &[u8], spans: &mut Spans) -> bool {
        let mut slots: SmallVec<[Option<NonMaxUsize>; 10]> =
            SmallVec::from_elem(None, 2 + 2 * self.names.len());
        if self
            .regex
            .search_slots(&regexes::input(path), &mut slots)
            .is_none()
        {
            return false;
        }
        spans.extend(slots[2..].chunks_exact(2).map(|slot| match slot {
            [Some(start), Some(end)] => Span::new(start.get(), end.get()),
            _ => Span::ABSENT,
        }));
        true
    }

    /// The pieces to make a path of, or why there are none.
    pub(crate) fn pieces(&self) -> Result<Vec<Piece>, &'static str> {
        let mut pieces = Vec::new();
        add_pieces(&self.hir, &mut pieces)?;
        Ok(pieces)
    }
}

fn add_pieces(hir: &Hir, pieces: &mut Vec<Piece>) -> Result<(), &'static str> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Ok(()),
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| add_pieces(part, pieces)),
        HirKind::Literal(literal) => {
            let text = str::from_utf8(&literal.0).map_err(|_| "its text is not UTF-8")?;
            pieces.push(Piece::Text(text.to_owned()));
            Ok(())
        }
        HirKind::Capture(capture) if capture.sub.properties().explicit_captures_len() > 0 => {
            Err("a group of its regex contains a group")
        }
        HirKind::Capture(_) => {
            pieces.push(Piece::Group);
            Ok(())
        }
        HirKind::Class(_) | HirKind::Repetition(_) | HirKind::Alternation(_) => {
            Err("its regex is more than fixed text and groups")
        }
    }
}

/// The regexes of one host, in order of registration.
#[derive(Debug, Default)]
pub(crate) struct Wholes {
    routes: Vec<(Whole, usize)>,
    /// All of them at once: says in one pass which is the first to match. Where there is none,
    /// they are tried one by one.
    first: Option<Regex>,
}

impl Wholes {
    /// Adds a route, or names the one that has this regex already.
    pub(crate) fn insert(&mut self, whole: Whole, route: usize) -> Result<(), usize> {
        match self.routes.iter().find(|(other, _)| other.hir == whole.hir) {
            Some((_, other)) => Err(*other),
            None => {
                self.routes.push((whole, route));
                Ok(())
            }
        }
    }

    /// Makes ready to find, after the last insertion.
    pub(crate) fn finish(&mut self) {
        if self.routes.len() > 1 {
            let hirs: Vec<&Hir> = self.routes.iter().map(|(whole, _)| &whole.hir).collect();
            // Each is within its own limit, so the sum needs none.
            let config = Config::new().nfa_size_limit(None);
            self.first = Regex::builder()
                .configure(config)
                .build_many_from_hir(&hirs)
                .ok();
        }
    }

    /// The first route whose regex matches the path.
    pub(crate) fn find(&self, path: &[u8], spans: &mut Spans) -> Option<usize> {
        let candidates = match &self.first {
            Some(first) => {
                let found = first.search_half(&regexes::input(path))?;
                let i = found.pattern().as_usize();
                &self.routes[i..=i]
            }
            None => &self.routes,
        };
        candidates
            .iter()
            .find_map(|(whole, route)| whole.find(path, spans).then_some(*route))
    }
}
