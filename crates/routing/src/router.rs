//! Router: finds the endpoint for a request's host and path.

use std::{
    borrow::Cow,
    fmt::{self, Display},
    sync::Arc,
};

use crate::{
    captures::{Captures, RouteInfo},
    encoding,
    error::FindError,
    host::Hosts,
    path_regex::PathRegexes,
    reverse::{ReverseError, Urls},
    spans::Spans,
    tree::Tree,
};

/// Compiled rules with their endpoints. Built by [`Router::builder`].
///
/// # Precedence
///
/// Hosts are tried in this order: exact, wildcard (the longest suffix first, `{label}` before `*`),
/// regex (in order of registration), then rules for any host. If no rule of one host matches the
/// path, the next host is tried.
///
/// Among the rules of a host, the leftmost segment in which they differ decides, in this order:
///
/// 1. fixed text,
/// 2. parameters with adjacent text or a constraint: those with the most text first, then those
///    with a constraint, then in order of registration,
/// 3. a plain parameter,
/// 4. a rest parameter.
///
/// If the rest of the path does not match, the search backtracks to the next alternative. Regexes
/// over the whole path are tried after all templates, in order of registration.
pub struct Router<T> {
    pub(crate) routes: Vec<Route<T>>,
    pub(crate) hosts: Hosts<Rules>,
    pub(crate) urls: Urls,
}

pub(crate) struct Route<T> {
    pub(crate) info: Arc<RouteInfo>,
    /// The host of the rule, as given.
    pub(crate) host: Option<String>,
    pub(crate) endpoint: T,
}

/// The rules of one host.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) tree: Tree,
    pub(crate) regexes: PathRegexes,
}

/// The result of [`Router::find`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Match<'r, T> {
    /// The endpoint of the rule.
    pub endpoint: &'r T,
    /// The parameters, and the text of the pattern.
    pub captures: Captures,
}

/// A route in the list of [`Router::routes`].
#[derive(Debug)]
#[non_exhaustive]
pub struct RouteView<'r, T> {
    /// The host of the rule; `None` for any.
    pub host: Option<&'r str>,
    /// The text of the pattern.
    pub pattern: &'r str,
    /// The endpoint of the rule.
    pub endpoint: &'r T,
    /// Whether the rule's host matches that of the request.
    pub is_tried: bool,
}

impl<T> Router<T> {
    /// Whether any rule is restricted to certain hosts. If not, [`find`](Self::find) ignores its
    /// `host` argument.
    #[must_use]
    pub fn has_hosts(&self) -> bool {
        self.hosts.has_restrictions()
    }

    /// Returns the endpoint for a request's host and path.
    ///
    /// `host` is the request's authority or `Host` header, with or without a port. An invalid host
    /// matches only rules for any host. `path` is the path of the request, percent-encoded and
    /// without a query. A target that does not start with `/`, such as `*`, is not found.
    ///
    /// # Errors
    ///
    /// See the variants of [`FindError`].
    pub fn find(&self, host: Option<&str>, path: &str) -> Result<Match<'_, T>, FindError> {
        if !path.starts_with('/') || u32::try_from(path.len()).is_err() {
            return Err(FindError::NotFound);
        }
        let matched = encoding::matched_form(path).ok_or(FindError::BadEncoding)?;
        let mut spans = Spans::new();
        let mut host_value = None;
        let route = self.hosts.find(host, |rules, value| {
            let path = matched.as_bytes();
            let route = match rules.tree.find(path, 0, &mut spans) {
                None => rules.regexes.find(path, &mut spans),
                found => found,
            };
            if route.is_some() {
                host_value = value.map(str::to_owned);
            }
            route
        });
        let Route { info, endpoint, .. } = &self.routes[route.ok_or(FindError::NotFound)?];
        let mut captures = Captures {
            info: Arc::clone(info),
            spans,
            values: None,
        };
        if host_value.is_some() || matches!(matched, Cow::Owned(_)) {
            captures.copy_values(host_value.as_deref(), &matched);
        }
        Ok(Match { endpoint, captures })
    }

    /// Returns all routes: first those that [`find`](Self::find) tries for a request to `host`, in
    /// order of precedence, then those of other hosts. It allocates, and is meant for the message
    /// of an error.
    pub fn routes(&self, host: Option<&str>) -> impl Iterator<Item = RouteView<'_, T>> {
        let mut order = Vec::with_capacity(self.routes.len());
        self.hosts.find(host, |rules, _| {
            rules.tree.push_routes(&mut order);
            order.extend(rules.regexes.routes());
            None::<()>
        });
        let tried = order.len();
        let mut is_tried = vec![false; self.routes.len()];
        order.iter().for_each(|&route| is_tried[route] = true);
        order.extend((0..self.routes.len()).filter(|&route| !is_tried[route]));
        order.into_iter().enumerate().map(move |(place, route)| {
            let route = &self.routes[route];
            RouteView {
                host: route.host.as_deref(),
                pattern: &route.info.pattern,
                endpoint: &route.endpoint,
                is_tried: place < tried,
            }
        })
    }

    /// Builds the path of a named rule; see [`Urls::reverse`].
    ///
    /// # Errors
    ///
    /// See [`Urls::reverse`].
    pub fn reverse<P: Display>(
        &self,
        name: &str,
        params: impl IntoIterator<Item = P>,
    ) -> Result<String, ReverseError> {
        self.urls.reverse(name, params)
    }

    /// Returns the named rules, to build URLs without the router. Cheap to clone.
    #[must_use]
    pub fn urls(&self) -> &Urls {
        &self.urls
    }
}

impl<T> Default for Router<T> {
    fn default() -> Self {
        Self {
            routes: Vec::new(),
            hosts: Hosts::default(),
            urls: Urls::default(),
        }
    }
}

/// Shows the patterns.
impl<T> fmt::Debug for Router<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patterns = self.routes.iter().map(|route| &route.info.pattern);
        f.debug_list().entries(patterns).finish()
    }
}
