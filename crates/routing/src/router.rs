//! Finds the endpoint of a request by its host and path.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::sync::Arc;

use crate::builder::Builder;
use crate::captures::{About, Captures};
use crate::encoding;
use crate::error::FindError;
use crate::host::Hosts;
use crate::reverse::{ReverseError, Urls};
use crate::spans::Spans;
use crate::tree::Tree;
use crate::whole::Wholes;

/// Rules with an endpoint each, ready to be searched. Made by [`Router::builder`].
///
/// # Precedence
///
/// Hosts come first: exact, then wildcard (the longest first, `{label}` before `*`), then
/// regex (in order of registration), then rules for any host. A path that has no rule under one
/// host is looked for under the next one.
///
/// Among the rules of a host, the leftmost segment in which they differ decides:
///
/// 1. fixed text,
/// 2. parameters with text beside them or a constraint: those with the most text first, then
///    those with a constraint, then in order of registration,
/// 3. a plain parameter,
/// 4. a rest parameter.
///
/// A better segment does not count when what follows it fails. Regexes over the whole path come
/// after all templates, in order of registration.
pub struct Router<T> {
    pub(crate) routes: Vec<Route<T>>,
    pub(crate) hosts: Hosts<Rules>,
    pub(crate) urls: Urls,
}

pub(crate) struct Route<T> {
    pub(crate) about: Arc<About>,
    pub(crate) endpoint: T,
}

/// The rules of one host.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) tree: Tree,
    pub(crate) wholes: Wholes,
}

/// What [`Router::find`] found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Match<'r, T> {
    /// The endpoint of the rule.
    pub endpoint: &'r T,
    /// The values of the parameters, and the pattern's text.
    pub captures: Captures,
}

impl<T> Router<T> {
    /// Starts a router without rules.
    pub fn builder() -> Builder<T> {
        Builder::new()
    }

    /// Whether any rule is for some hosts only. Where none is, [`find`](Self::find) does not look at
    /// the host, and whoever calls it need not either.
    #[must_use]
    pub fn has_hosts(&self) -> bool {
        self.hosts.is_asked_for()
    }

    /// Finds the endpoint for a request's host and path.
    ///
    /// `host` is the request's authority or `Host` header, with or without a port. What is not
    /// a host matches rules for any host only. `path` is as it came, without a query. A target
    /// that does not begin with `/`, such as `*`, is never found.
    ///
    /// # Errors
    ///
    /// [`FindError`] says whether the request was wrong, or there is no rule for it.
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
                None => rules.wholes.find(path, &mut spans),
                found => found,
            };
            if route.is_some() {
                host_value = value.map(str::to_owned);
            }
            route
        });
        let Route { about, endpoint } = &self.routes[route.ok_or(FindError::NotFound)?];
        let mut captures = Captures {
            about: Arc::clone(about),
            spans,
            values: None,
        };
        if host_value.is_some() || matches!(matched, Cow::Owned(_)) {
            captures.own(host_value.as_deref(), &matched);
        }
        Ok(Match { endpoint, captures })
    }

    /// Makes the path of a named rule; see [`Urls::reverse`].
    ///
    /// # Errors
    ///
    /// As [`Urls::reverse`].
    pub fn reverse<P: Display>(
        &self,
        name: &str,
        params: impl IntoIterator<Item = P>,
    ) -> Result<String, ReverseError> {
        self.urls.reverse(name, params)
    }

    /// The names of the rules, to make URLs where the router is out of reach. It is cheap to clone.
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

/// The patterns.
impl<T> fmt::Debug for Router<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patterns = self.routes.iter().map(|route| &route.about.pattern);
        f.debug_list().entries(patterns).finish()
    }
}
