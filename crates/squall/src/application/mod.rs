//! `Application`: the builder of routes and settings, which are checked once and then served.
//!
//! `settings.rs` collects the settings of all features, `site.rs` the values that all requests share,
//! and `layer.rs` wraps services in layers.

pub(crate) mod layer;
mod mount;
pub(crate) mod settings;
pub(crate) mod site;
mod urls;

pub use self::urls::Urls;

use std::{fmt, sync::Arc};

use http::Method;
use squall_routing::{Router, Rule};
use squall_server::Bind;
use tower_layer::Layer;

use self::{
    layer::{BoxLayer, BoxService, wrap},
    mount::Mounted,
    settings::ApplicationSettings,
    site::Site,
};
use crate::{
    Error, Result, Server, autoreload,
    handler::Endpoint,
    route::{HttpService, IntoRoute},
    service::{ApplicationService, Inner},
};

/// A web application: a builder of routes and settings, which becomes a tower service.
///
/// Routes and settings are checked when it is served or [made a service](Self::into_service); an
/// error then names the one that is wrong. `S` is the type of the state that the next routes can
/// [extract](crate::State).
///
/// # Examples
///
/// ```no_run
/// use squall::{Application, Path, get};
///
/// async fn user(Path(id): Path<u32>) -> String {
///     format!("user {id}")
/// }
///
/// fn main() -> squall::Result<()> {
///     Application::new()
///         .route("/", get(|| async { "Hello, world" }))
///         .route("/users/{id}", get(user)).name("user")
///         .listen(8888)
/// }
/// ```
#[must_use = "an application does nothing until it is served"]
pub struct Application<S = ()> {
    pub(crate) routes: Vec<Route>,
    pub(crate) state: S,
    pub(crate) settings: ApplicationSettings,
    layers: Vec<BoxLayer>,
    /// The first configuration error of a route.
    config_error: Option<Error>,
}

pub(crate) struct Route {
    rule: Rule,
    /// With the method, or `None` for any method.
    endpoints: Vec<(Option<Method>, Endpoint)>,
    /// Whether the XSRF guard checks requests of this route.
    pub(crate) has_xsrf: bool,
}

impl Application {
    /// Returns an application without routes.
    pub fn new() -> Self {
        Self {
            routes: Vec::new(),
            state: (),
            settings: ApplicationSettings::default(),
            layers: Vec::new(),
            config_error: None,
        }
    }
}

impl Default for Application {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Clone + Send + Sync + 'static> Application<S> {
    /// Sets the state of handlers, for [`State`](crate::State) and
    /// [`FromRef`](axum_core::extract::FromRef) in the routes that are added after this. It is
    /// cloned for each request.
    ///
    /// Default: `()`.
    pub fn state<T: Clone + Send + Sync + 'static>(self, state: T) -> Application<T> {
        Application {
            routes: self.routes,
            state,
            settings: self.settings,
            layers: self.layers,
            config_error: self.config_error,
        }
    }

    /// Adds a route: handlers ([`get`](crate::get) and its like) or any tower service, for requests
    /// that match a rule. A rule is a pattern (`"/users/{id}"`, [`regex(…)`](crate::regex)), or a
    /// [`Rule`] with a host. Routes with the same rule are merged.
    ///
    /// Default: no route; the response is 404 (Not Found).
    pub fn route<M>(mut self, rule: impl Into<Rule>, target: impl IntoRoute<S, M>) -> Self {
        let endpoints = target.into_endpoints(&self.state).0;
        self.routes.push(Route {
            rule: rule.into(),
            endpoints: endpoints.unwrap_or_else(|error| {
                self.config_error.get_or_insert(error);
                Vec::new()
            }),
            has_xsrf: true,
        });
        self
    }

    /// Sets the name of the route that was added last, for
    /// [`reverse_url`](crate::Urls::reverse_url).
    ///
    /// Default: no name.
    ///
    /// # Panics
    ///
    /// If there is no route yet.
    #[track_caller]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let Some(route) = self.routes.last_mut() else {
            panic!(
                "name({:?}) must follow the route that it names",
                name.into()
            );
        };
        route.rule = route.rule.clone().name(name);
        self
    }

    /// Mounts a service under a prefix: an axum `Router`, another application's
    /// [service](Self::into_service), or any other. The service gets the path without the prefix. A
    /// mounted application logs its requests too: turn one of the two [access
    /// logs](Self::access_log) off.
    ///
    /// Default: no mount.
    pub fn mount(mut self, prefix: &str, service: impl HttpService) -> Self {
        let prefix = prefix.trim_end_matches('/');
        let endpoint = Endpoint::from_service(Mounted::new(prefix, service));
        for pattern in ["", "/", "/{*rest}"] {
            if prefix.is_empty() && pattern.is_empty() {
                continue;
            }
            self.routes.push(Route {
                rule: Rule::new(format!("{prefix}{pattern}")),
                endpoints: vec![(None, endpoint.clone())],
                has_xsrf: true,
            });
        }
        self
    }

    /// Adds a tower layer around all routes; the layer that is added last is the outermost.
    ///
    /// Default: no layer.
    pub fn layer(
        mut self,
        layer: impl Layer<BoxService, Service: HttpService> + Send + 'static,
    ) -> Self {
        self.layers.push(wrap(layer));
        self
    }

    /// Checks routes and settings, and returns the service, to serve the application in another
    /// server, another application, or axum.
    ///
    /// # Errors
    ///
    /// If a pattern, host or name is malformed, if two routes conflict, or if a setting cannot be
    /// used.
    pub fn into_service(self) -> Result<ApplicationService> {
        if let Some(error) = self.config_error {
            return Err(error);
        }
        let settings = self.settings;
        let live_reload = autoreload::live_reload(&settings);
        let debug = settings.debug.is_on();
        let mut rules = Router::builder();
        let files = settings.files.build(debug)?;
        for (rule, endpoint) in files.routes {
            rules = rules.route(rule, squall_routing::Methods::new().any(endpoint)?);
        }
        let guard = settings.xsrf.guard();
        for route in self.routes {
            let rule = route.rule;
            let mut methods = squall_routing::Methods::new();
            for (method, endpoint) in route.endpoints {
                let endpoint = match &guard {
                    Some(guard) if route.has_xsrf => guard.protect(endpoint),
                    _ => endpoint,
                };
                methods = match method {
                    Some(method) => methods.on(method, endpoint),
                    None => methods.any(endpoint),
                }
                .map_err(|error| Error::new(format!("route {rule}: {error}")))?;
            }
            rules = rules.route(rule, methods);
        }
        let router = rules.build_merging(|methods, others| {
            methods.merge(others).map_err(|error| error.to_string())
        })?;
        let mut layers = self.layers;
        settings.locale.add_layer(&mut layers);
        let has_secret = settings.cookies.has_secret();
        settings.cookies.add_layer(&mut layers, debug)?;
        let urls = Urls::new(router.urls().clone(), files.urls);
        let site = Site {
            templates: settings.templates.build(&urls, debug)?,
            auth: settings.auth.build(has_secret)?,
            urls,
        };
        let inner = Inner {
            tracebacks: settings.debug.build(),
            debug,
            live_reload,
            site: Arc::new(site),
            router,
            error_pages: settings.error_pages,
        };
        Ok(ApplicationService::new(inner, settings.access_log, layers))
    }

    /// Listens and serves in this process until a signal stops it. Short for
    /// `Server::new(self).bind(address)?.start(1)`.
    ///
    /// # Errors
    ///
    /// As [`into_service`](Self::into_service), [`Server::bind`] and [`Server::start`].
    pub fn listen(self, address: impl Into<Bind>) -> Result<()> {
        Server::new(self).bind(address)?.start(1)
    }
}

impl<S> fmt::Debug for Application<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.routes.iter().map(|route| &route.rule);
        f.debug_list().entries(rules).finish()
    }
}
