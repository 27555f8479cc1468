//! Radix tree of templates: fixed text branches by byte, parameters by segment.
//!
//! A parameter always spans a whole segment, so each node starts at one fixed position of a path: a
//! search visits each node at most once and takes linear time.

use crate::{
    pattern::Part,
    segment::{Segment, same},
    spans::{Span, Spans},
};

/// A node: the text `literal`, then its children in the order of the fields.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    literal: Vec<u8>,
    /// The route whose pattern ends after `literal`.
    route: Option<usize>,
    /// The first byte of each of `literals`; all are distinct.
    first_bytes: Vec<u8>,
    literals: Vec<Self>,
    /// Sorted by precedence.
    segments: Vec<(Segment, Self)>,
    rest: Option<usize>,
}

impl Tree {
    /// Adds a route; if a route with the same parts exists, returns its index as the error.
    pub(crate) fn insert(&mut self, parts: Vec<Part>, route: usize) -> Result<(), usize> {
        let mut node = self;
        let mut after_segment = false;
        for part in parts {
            after_segment = matches!(part, Part::Segment(_));
            node = match part {
                Part::Literal(text) => node.insert_literal(text.as_bytes()),
                Part::Segment(segment) => node.insert_segment(segment),
                Part::Rest => return set_route(&mut node.rest, route),
            };
        }
        if after_segment {
            node = node.insert_literal(b"");
        }
        set_route(&mut node.route, route)
    }

    /// Returns the route for `path[at..]`. A failed search leaves `spans` unchanged.
    pub(crate) fn find(&self, path: &[u8], mut at: usize, spans: &mut Spans) -> Option<usize> {
        let mut node = self;
        loop {
            let (text, rest) = path[at..].split_at_checked(node.literal.len())?;
            if !same(text, &node.literal) {
                return None;
            }
            let Some(first) = rest.first() else {
                return node.route;
            };
            at += text.len();
            let literal = node.first_bytes.iter().position(|byte| byte == first);
            if node.segments.is_empty() && node.rest.is_none() {
                node = &node.literals[literal?];
                continue;
            }
            if let Some(literal) = literal
                && let Some(route) = node.literals[literal].find(path, at, spans)
            {
                return Some(route);
            }
            let end = match rest.iter().position(|byte| *byte == b'/') {
                Some(length) => at + length,
                None => path.len(),
            };
            let before = spans.len();
            for (segment, after) in &node.segments {
                if segment.find(path, at, end, spans) {
                    if let Some(route) = after.find(path, end, spans) {
                        return Some(route);
                    }
                    spans.truncate(before);
                }
            }
            let route = node.rest?;
            spans.push(Span::new(at, path.len()));
            return Some(route);
        }
    }

    /// Appends all routes in the order in which `find` tries them.
    pub(crate) fn push_routes(&self, order: &mut Vec<usize>) {
        order.extend(self.route);
        self.literals
            .iter()
            .for_each(|node| node.push_routes(order));
        let segments = self.segments.iter();
        segments.for_each(|(_, node)| node.push_routes(order));
        order.extend(self.rest);
    }

    /// Returns the node after `text`, which starts with this node's own literal.
    fn insert_literal(&mut self, text: &[u8]) -> &mut Self {
        if self.is_blank() {
            text.clone_into(&mut self.literal);
            return self;
        }
        let shared = text.iter().zip(&self.literal);
        let shared = shared.take_while(|(a, b)| a == b).count();
        self.split(shared);
        let text = &text[shared..];
        let Some(first) = text.first() else {
            return self;
        };
        let existing = self.first_bytes.iter().position(|byte| byte == first);
        let i = existing.unwrap_or_else(|| {
            self.first_bytes.push(*first);
            self.literals.push(Self::default());
            self.literals.len() - 1
        });
        self.literals[i].insert_literal(text)
    }

    /// Whether nothing has been added to this node.
    fn is_blank(&self) -> bool {
        self.literal.is_empty()
            && self.route.is_none()
            && self.literals.is_empty()
            && self.segments.is_empty()
            && self.rest.is_none()
    }

    /// Returns the node after `segment`.
    fn insert_segment(&mut self, segment: Segment) -> &mut Self {
        let same = |(other, _): &(Segment, Self)| other.pieces == segment.pieces;
        let i = match self.segments.iter().position(same) {
            Some(i) => i,
            None => {
                let i = self
                    .segments
                    .partition_point(|(other, _)| other.precedence() <= segment.precedence());
                self.segments.insert(i, (segment, Self::default()));
                i
            }
        };
        &mut self.segments[i].1
    }

    /// Moves everything after the first `length` bytes of the literal into a child.
    fn split(&mut self, length: usize) {
        if length == self.literal.len() {
            return;
        }
        let literal = self.literal.split_off(length);
        let head = Self {
            literal: std::mem::take(&mut self.literal),
            first_bytes: vec![literal[0]],
            ..Self::default()
        };
        let tail = std::mem::replace(self, head);
        self.literals.push(Self { literal, ..tail });
    }
}

/// Sets the route of a place; if it has one, returns that as the error.
fn set_route(place: &mut Option<usize>, route: usize) -> Result<(), usize> {
    match place {
        Some(other) => Err(*other),
        None => {
            *place = Some(route);
            Ok(())
        }
    }
}
