//! Routes: what an application serves, as values that are put together before they are checked.
//!
//! `route.rs` is the target of one rule, `methods.rs` its constructors `get`, `post`, …,
//! `settings.rs` what is set on a route or on a group, and `mount.rs` a service below a prefix.

pub(crate) mod handler_types;
mod into_route;
mod methods;
mod mount;
mod route;
pub(crate) mod settings;

#[cfg(feature = "static")]
pub use self::into_route::ViaStaticFiles;
pub use self::{
    into_route::{IntoRoute, ViaRoute, ViaService},
    methods::{any, delete, get, head, on, options, patch, post, put},
    route::Route,
    settings::RouteLayer,
};

use std::{fmt, time::Duration};

use squall_routing::Rule;

use self::{
    mount::{Mounted, PATTERNS},
    settings::RouteSettings,
};
use crate::handler::endpoint::{Endpoint, HttpService};

/// A set of routes, to build an application from several modules. All routes share the
/// application's state `S`, pages, names and log.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use squall::{Application, Routes, get, post};
///
/// fn admin(routes: Routes) -> Routes {
///     routes
///         .route("/users", get(async || "users").name("users"))
///         .route("/import", post(async || "imported").body_limit(1024 * 1024 * 1024))
///         .timeout(Duration::from_secs(30))
/// }
///
/// let application = Application::new()
///     .route("/", get(async || "home"))
///     .group("/admin", admin);
/// ```
#[must_use = "routes do nothing until an application serves them"]
pub struct Routes<S = ()> {
    entries: Vec<Entry<S>>,
    settings: RouteSettings,
}

/// A rule and its target.
pub(crate) struct Entry<S> {
    pub(crate) rule: Rule,
    pub(crate) route: Route<S>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Returns an empty set.
    pub fn new() -> Self {
        Self {
            entries: Vec::new(),
            settings: RouteSettings::default(),
        }
    }

    /// Adds a route; see [`Application::route`](crate::Application::route).
    ///
    /// Default: no route; the response is 404 (Not Found).
    pub fn route<M>(mut self, rule: impl Into<Rule>, target: impl IntoRoute<S, M>) -> Self {
        let (rule, route) = (rule.into(), target.into_route());
        self.entries.push(Entry { rule, route });
        self
    }

    /// Adds the routes of a function below a prefix. The prefix is put before the pattern of each
    /// as it is: with the prefix `/admin`, the route `""` is `/admin`, and `"/"` is `/admin/`.
    ///
    /// Default: no group.
    pub fn group(self, prefix: &str, routes: impl FnOnce(Self) -> Self) -> Self {
        self.add(prefix, routes(Self::new()))
    }

    /// Adds the routes of another set.
    ///
    /// Default: none.
    pub fn merge(self, routes: Self) -> Self {
        self.add("", routes)
    }

    /// Mounts a service below a prefix; see
    /// [`Application::mount`](crate::Application::mount).
    ///
    /// Default: no mount.
    pub fn mount(mut self, prefix: &str, service: impl HttpService) -> Self {
        let prefix = prefix.trim_end_matches('/');
        let endpoint = Endpoint::from_service(Mounted(service));
        for pattern in PATTERNS {
            if prefix.is_empty() && pattern.is_empty() {
                continue;
            }
            self.entries.push(Entry {
                rule: Rule::new(format!("{prefix}{pattern}")),
                route: Route::from_endpoint(endpoint.clone()),
            });
        }
        self
    }

    /// Adds a tower layer around each route of this set, those of its groups and those that are
    /// added later included. The layer that is added last is the outermost. The layer makes a
    /// service for each route: what all of them share, such as a limit of concurrent requests,
    /// belongs into the layer and not into its service.
    ///
    /// Default: no layer.
    pub fn layer(mut self, layer: impl RouteLayer) -> Self {
        self.settings.add_layer(layer);
        self
    }

    /// Sets the size of a request's body, in bytes, for the routes that do not set their own; see
    /// [`Route::body_limit`].
    ///
    /// Default: the limit of the server.
    pub fn body_limit(mut self, bytes: u64) -> Self {
        self.settings.body_limit = Some(bytes);
        self
    }

    /// Sets how long a handler may take, for the routes that do not set their own; see
    /// [`Route::timeout`].
    ///
    /// Default: no limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout);
        self
    }

    /// Exempts these routes from [`xsrf_cookies`](crate::Application::xsrf_cookies); see
    /// [`Route::without_xsrf`].
    ///
    /// Default: every route is checked.
    #[cfg(feature = "xsrf")]
    pub fn without_xsrf(mut self) -> Self {
        self.settings.is_xsrf_exempt = true;
        self
    }

    /// Adds the routes of another set below a prefix, and its settings to each.
    fn add(mut self, prefix: &str, routes: Self) -> Self {
        for Entry { rule, mut route } in routes.into_entries() {
            let rule = match rule.prefixed(prefix) {
                Ok(rule) => rule,
                Err(rule) => {
                    route.fail(format!(
                        "the regex `{rule}` cannot be in the group `{prefix}`: write the prefix into the regex"
                    ));
                    rule
                }
            };
            self.entries.push(Entry { rule, route });
        }
        self
    }

    /// Returns the routes, each with the settings of the set.
    pub(crate) fn into_entries(self) -> impl Iterator<Item = Entry<S>> {
        let outer = self.settings;
        self.entries.into_iter().map(move |mut entry| {
            entry.route.settings.add_outer(&outer);
            entry
        })
    }
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for Routes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.entries.iter().map(|entry| &entry.rule);
        f.debug_list().entries(rules).finish()
    }
}
