//! Router builder: compiles rules into a [`Router`] and reports configuration errors.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    sync::Arc,
};

use crate::{
    captures::RouteInfo,
    error::{BuildError, PatternError},
    path_regex::PathRegex,
    pattern::{Pattern, Template},
    reverse::{UrlTemplate, Urls},
    router::{Route, Router, Rules},
    rule::Rule,
};

/// Builds a [`Router`]; returned by [`Router::builder`].
#[must_use]
pub struct Builder<T> {
    rules: Vec<(Rule, T)>,
    /// The first invalid prefix or mounted regex; `build` returns it.
    error: Option<BuildError>,
}

impl<T> Router<T> {
    /// Creates a builder without rules.
    pub fn builder() -> Builder<T> {
        Builder {
            rules: Vec::new(),
            error: None,
        }
    }
}

impl<T> Builder<T> {
    /// Adds a rule and its endpoint.
    pub fn route(mut self, rule: impl Into<Rule>, endpoint: T) -> Self {
        self.rules.push((rule.into(), endpoint));
        self
    }

    /// Adds all rules of another builder, with `prefix` before their patterns.
    ///
    /// The prefix may contain parameters. It must start with `/` and must not end with `/`. The
    /// pattern `/` becomes the prefix with a trailing slash, and the pattern `""` becomes the
    /// prefix itself. Hosts and names do not change: names are unique in the whole router, and
    /// `reverse` includes the prefix.
    pub fn mount(mut self, prefix: impl Into<String>, rules: Self) -> Self {
        let prefix = prefix.into();
        let mut error = rules.error;
        if !prefix.starts_with('/') || prefix.ends_with('/') {
            error = error.or(Some(BuildError::Prefix {
                prefix: prefix.clone(),
                reason: "must start with `/` and must not end with `/`".to_owned(),
            }));
        }
        for (mut rule, endpoint) in rules.rules {
            if rule.pattern.is_regex {
                error = error.or(Some(BuildError::MountedRegex {
                    pattern: rule.pattern.text.clone(),
                    prefix: prefix.clone(),
                }));
            }
            rule.pattern.text.insert_str(0, &prefix);
            self.rules.push((rule, endpoint));
        }
        self.error = self.error.or(error);
        self
    }

    /// Builds the router.
    ///
    /// # Errors
    ///
    /// Returns the first configuration error: an invalid pattern, host or prefix, two rules that
    /// match the same paths, or two rules with the same name.
    pub fn build(self) -> Result<Router<T>, BuildError> {
        self.build_merging(|_, _| Err("they match the same paths".to_owned()))
    }

    /// Builds the router, and merges the endpoints of identical rules with `merge`.
    ///
    /// Rules are identical if the texts of their patterns and hosts are equal. Each of them may
    /// have a name. An error that `merge` returns becomes the reason of a
    /// [`BuildError::Conflict`].
    ///
    /// # Errors
    ///
    /// See [`build`](Self::build).
    pub fn build_merging(
        self,
        mut merge: impl FnMut(&mut T, T) -> Result<(), String>,
    ) -> Result<Router<T>, BuildError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let mut draft = Draft {
            router: Router::default(),
            rules: Vec::new(),
            names: HashMap::new(),
        };
        for (rule, endpoint) in self.rules {
            draft.add(rule, endpoint, &mut merge)?;
        }
        Ok(draft.finish())
    }
}

impl<T> fmt::Debug for Builder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.rules.iter().map(|(rule, _)| rule);
        f.debug_list().entries(rules).finish()
    }
}

/// A router while rules are added to it.
struct Draft<T> {
    router: Router<T>,
    /// The rule of each route, for conflict messages.
    rules: Vec<Rule>,
    names: HashMap<String, (Rule, UrlTemplate)>,
}

impl<T> Draft<T> {
    fn add(
        &mut self,
        rule: Rule,
        endpoint: T,
        merge: impl FnOnce(&mut T, T) -> Result<(), String>,
    ) -> Result<(), BuildError> {
        let route = self.router.routes.len();
        let pattern = rule.pattern.text.clone();
        let (rules, label) = self.router.hosts.entry(rule.host.as_ref())?;
        let (url, inserted) = rules
            .insert(&rule.pattern, route)
            .map_err(|fault| fault.in_pattern(&pattern))?;
        if let Some(label) = label.as_ref().filter(|label| url.names.contains(label)) {
            let at = pattern.find(label.as_str()).unwrap_or_default();
            let reason = format!("`{label}` is already a parameter of the host");
            return Err(PatternError::new(at, reason).in_pattern(&pattern));
        }
        match inserted {
            Ok(()) => {
                let names = label.into_iter().chain(url.names.iter().cloned());
                self.router.routes.push(Route {
                    info: Arc::new(RouteInfo {
                        pattern,
                        names: names.collect(),
                    }),
                    host: rule.host.as_ref().map(|host| host.text.clone()),
                    endpoint,
                });
                self.rules.push(rule.clone());
            }
            Err(other) => self.merge(&rule, other, endpoint, merge)?,
        }
        self.add_name(rule, url)
    }

    /// Merges the endpoint of a rule with that of the route that matches the same paths.
    fn merge(
        &mut self,
        rule: &Rule,
        route: usize,
        endpoint: T,
        merge: impl FnOnce(&mut T, T) -> Result<(), String>,
    ) -> Result<(), BuildError> {
        let with = &self.rules[route];
        let merged = if (&with.pattern, &with.host) == (&rule.pattern, &rule.host) {
            merge(&mut self.router.routes[route].endpoint, endpoint)
        } else {
            Err("they match the same paths".to_owned())
        };
        merged.map_err(|reason| BuildError::Conflict {
            rule: rule.to_string(),
            with: with.to_string(),
            reason,
        })
    }

    fn add_name(&mut self, mut rule: Rule, url: UrlTemplate) -> Result<(), BuildError> {
        let Some(name) = rule.name.take() else {
            return Ok(());
        };
        match self.names.entry(name) {
            Entry::Occupied(other) => Err(BuildError::Name {
                name: other.key().clone(),
                rule: rule.to_string(),
                with: other.get().0.to_string(),
            }),
            Entry::Vacant(place) => {
                place.insert((rule, url));
                Ok(())
            }
        }
    }

    fn finish(mut self) -> Router<T> {
        for Rules { regexes, .. } in self.router.hosts.values_mut() {
            regexes.finish();
        }
        let urls = self.names.into_iter();
        self.router.urls = Urls::new(urls.map(|(name, (_, url))| (name, url)).collect());
        self.router
    }
}

impl Rules {
    /// Adds a route; if a route with an equal pattern exists, returns its index as the inner error.
    fn insert(
        &mut self,
        pattern: &Pattern,
        route: usize,
    ) -> Result<(UrlTemplate, Result<(), usize>), PatternError> {
        let text = &pattern.text;
        Ok(if pattern.is_regex {
            let regex = PathRegex::parse(text)?;
            let url = UrlTemplate::new(text, regex.names().to_vec(), regex.clone().into());
            (url, self.regexes.insert(regex, route))
        } else {
            let template = Template::parse(text)?;
            let parts = template.parts.clone();
            let url = UrlTemplate::new(text, template.names, template.parts.into());
            (url, self.tree.insert(parts, route))
        })
    }
}
