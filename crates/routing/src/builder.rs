//! Rules become a router, or an error that shows what is wrong with them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;

use crate::captures::About;
use crate::error::{BuildError, Fault};
use crate::pattern::Template;
use crate::reverse::{Recipe, Urls};
use crate::router::{Route, Router, Rules};
use crate::rule::Rule;
use crate::whole::Whole;

/// Collects rules for a [`Router`]. Made by [`Router::builder`].
#[must_use]
pub struct Builder<T> {
    rules: Vec<(Rule, T)>,
    /// The first mistake that is not in a rule itself.
    mistake: Option<BuildError>,
}

impl<T> Builder<T> {
    pub(crate) fn new() -> Self {
        Self {
            rules: Vec::new(),
            mistake: None,
        }
    }

    /// Adds an endpoint for the requests that the rule is about.
    pub fn route(mut self, rule: impl Into<Rule>, endpoint: T) -> Self {
        self.rules.push((rule.into(), endpoint));
        self
    }

    /// Adds all of another builder's rules, with this text before their patterns.
    ///
    /// The prefix may have parameters. It begins with `/` and does not end with one. The pattern
    /// `/` becomes the prefix with a slash at its end, and the pattern `""` the prefix itself.
    /// Hosts and names stay what they are: a name is for the whole router, and `reverse` puts the
    /// prefix in.
    pub fn mount(mut self, prefix: impl Into<String>, rules: Self) -> Self {
        let prefix = prefix.into();
        let mut mistake = rules.mistake;
        if !prefix.starts_with('/') || prefix.ends_with('/') {
            mistake = mistake.or(Some(BuildError::Prefix {
                prefix: prefix.clone(),
                reason: "it begins with `/`, and does not end with it".to_owned(),
            }));
        }
        for (mut rule, endpoint) in rules.rules {
            if rule.pattern.is_regex {
                mistake = mistake.or(Some(BuildError::MountedRegex {
                    pattern: rule.pattern.text.clone(),
                    prefix: prefix.clone(),
                }));
            }
            rule.pattern.text.insert_str(0, &prefix);
            self.rules.push((rule, endpoint));
        }
        self.mistake = self.mistake.or(mistake);
        self
    }

    /// Makes the router.
    ///
    /// # Errors
    ///
    /// The first problem that there is: in a pattern, a host or a prefix, between two rules
    /// that match the same, or between two names.
    pub fn build(self) -> Result<Router<T>, BuildError> {
        self.build_merging(|_, _| Err("they match the same paths".to_owned()))
    }

    /// Makes the router, and lets `merge` put the endpoints of identical rules into one.
    ///
    /// Rules are identical if their patterns and hosts are the same texts. Each may have a
    /// name. Where `merge` says why it cannot, the rules conflict.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub fn build_merging(
        self,
        mut merge: impl FnMut(&mut T, T) -> Result<(), String>,
    ) -> Result<Router<T>, BuildError> {
        if let Some(mistake) = self.mistake {
            return Err(mistake);
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

struct Draft<T> {
    router: Router<T>,
    /// Of each route, the rule that made it.
    rules: Vec<Rule>,
    names: HashMap<String, (Rule, Recipe)>,
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
        let (group, label) = self.router.hosts.entry(rule.host.as_ref())?;
        let (recipe, place) = if rule.pattern.is_regex {
            let whole = Whole::parse(&pattern).map_err(|fault| fault.in_pattern(&pattern))?;
            let recipe = Recipe::new(&pattern, whole.names.clone(), whole.clone().into());
            (recipe, group.wholes.insert(whole, route))
        } else {
            let template = Template::parse(&pattern).map_err(|fault| fault.in_pattern(&pattern))?;
            let parts = template.parts.clone();
            let recipe = Recipe::new(&pattern, template.names, template.parts.into());
            (recipe, group.tree.insert(parts, route))
        };
        if let Some(label) = label.as_ref().filter(|label| recipe.names.contains(label)) {
            let at = pattern.find(label.as_str()).unwrap_or_default();
            let reason = format!("`{label}` is a parameter of the host already");
            return Err(Fault::new(at, reason).in_pattern(&pattern));
        }
        match place {
            Ok(()) => {
                let names = label.into_iter().chain(recipe.names.iter().cloned());
                self.router.routes.push(Route {
                    about: Arc::new(About {
                        pattern,
                        names: names.collect(),
                    }),
                    endpoint,
                });
                self.rules.push(rule.clone());
            }
            Err(other) => {
                let with = &self.rules[other];
                let merged = if (&with.pattern, &with.host) == (&rule.pattern, &rule.host) {
                    merge(&mut self.router.routes[other].endpoint, endpoint)
                } else {
                    Err("they match the same paths".to_owned())
                };
                merged.map_err(|reason| BuildError::Conflict {
                    rule: rule.to_string(),
                    with: with.to_string(),
                    reason,
                })?;
            }
        }
        self.name(rule, recipe)
    }

    fn name(&mut self, mut rule: Rule, recipe: Recipe) -> Result<(), BuildError> {
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
                place.insert((rule, recipe));
                Ok(())
            }
        }
    }

    fn finish(mut self) -> Router<T> {
        for Rules { wholes, .. } in self.router.hosts.values_mut() {
            wholes.finish();
        }
        let recipes = self.names.into_iter();
        self.router.urls = Urls::new(recipes.map(|(name, (_, recipe))| (name, recipe)).collect());
        self.router
    }
}
