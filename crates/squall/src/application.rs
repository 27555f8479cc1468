//! `Application`: routes and settings, checked once and then served.

use std::{fmt, sync::Arc};

use http::Method;
use squall_routing::{Router, Rule};
use squall_server::Bind;
use tower_layer::Layer;

use crate::{
    Error, Result, Server, Urls, autoreload,
    handler::Endpoint,
    mount::Mounted,
    route::{HttpService, IntoRoute},
    service::{ApplicationService, BoxService, Inner},
    settings::Settings,
    site::Site,
};

/// A web application: routes and settings, and in the end a service.
///
/// Every setter takes the application and gives it back. Nothing is checked until it is served or
/// [made a service](Self::into_service); then every mistake is an error that shows it. `S` is the
/// type of the state that routes added from here on can [extract](crate::State).
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
    pub(crate) settings: Settings,
    layers: Vec<Wrap>,
    /// The first mistake in what was given to a route.
    mistake: Option<Error>,
}

pub(crate) struct Route {
    rule: Rule,
    /// `None` is any method.
    endpoints: Vec<(Option<Method>, Endpoint)>,
    /// Whether the XSRF guard checks it.
    pub(crate) has_xsrf: bool,
}

/// Puts a layer around a service.
pub(crate) type Wrap = Box<dyn FnOnce(BoxService) -> Endpoint + Send>;

impl Application {
    /// An application without routes.
    pub fn new() -> Self {
        Self {
            routes: Vec::new(),
            state: (),
            settings: Settings::default(),
            layers: Vec::new(),
            mistake: None,
        }
    }
}

impl Default for Application {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Clone + Send + Sync + 'static> Application<S> {
    /// What handlers share, for [`State`](crate::State) and [`FromRef`](axum_core::extract::FromRef)
    /// in the routes that are added after this; it is cloned for each request.
    ///
    /// Defaults to `()`.
    pub fn state<T: Clone + Send + Sync + 'static>(self, state: T) -> Application<T> {
        Application {
            routes: self.routes,
            state,
            settings: self.settings,
            layers: self.layers,
            mistake: self.mistake,
        }
    }

    /// Adds a route: handlers ([`get`](crate::get) and its like) or any tower service for the
    /// requests that a rule is about. A rule is a pattern (`"/users/{id}"`,
    /// [`regex(…)`](crate::regex)), or a [`Rule`] with a host. Routes of the same rule are put
    /// together.
    ///
    /// Defaults to no route: 404 (Not Found).
    pub fn route<M>(mut self, rule: impl Into<Rule>, target: impl IntoRoute<S, M>) -> Self {
        let endpoints = target.into_endpoints(&self.state).0;
        self.routes.push(Route {
            rule: rule.into(),
            endpoints: endpoints.unwrap_or_else(|error| {
                self.mistake.get_or_insert(error);
                Vec::new()
            }),
            has_xsrf: true,
        });
        self
    }

    /// Names the route that was added last, for [`reverse_url`](crate::Urls::reverse_url).
    ///
    /// Defaults to no name.
    ///
    /// # Panics
    ///
    /// When there is no route yet.
    #[track_caller]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let Some(route) = self.routes.last_mut() else {
            panic!(
                "name({:?}) comes after the route that it names",
                name.into()
            );
        };
        route.rule = route.rule.clone().name(name);
        self
    }

    /// Gives all paths under a prefix to a service: an axum `Router`, another application's
    /// [service](Self::into_service), or any other. It sees the path without the prefix. An
    /// application logs its requests itself: turn one of the two [access logs](Self::access_log) off.
    ///
    /// Defaults to no mount.
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

    /// Wraps everything in a tower layer; the last one is the outermost.
    ///
    /// Defaults to no layer.
    pub fn layer(
        mut self,
        layer: impl Layer<BoxService, Service: HttpService> + Send + 'static,
    ) -> Self {
        self.layers.push(wrap(layer));
        self
    }

    /// Checks routes and settings, and makes the service: the application inside another server,
    /// another application, or axum.
    ///
    /// # Errors
    ///
    /// When a pattern, host or name is malformed, or two of them conflict, or static files cannot
    /// be served.
    pub fn into_service(self) -> Result<ApplicationService> {
        if let Some(mistake) = self.mistake {
            return Err(mistake);
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

    /// Listens and serves in this process until a signal ends it: `Server::new(self).bind(address)?.start(1)`.
    ///
    /// # Errors
    ///
    /// As [`into_service`](Self::into_service), [`Server::bind`] and [`Server::start`].
    pub fn listen(self, address: impl Into<Bind>) -> Result<()> {
        Server::new(self).bind(address)?.start(1)
    }
}

pub(crate) fn wrap(layer: impl Layer<BoxService, Service: HttpService> + Send + 'static) -> Wrap {
    Box::new(move |inner| Endpoint::from_service(layer.layer(inner)))
}

impl<S> fmt::Debug for Application<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.routes.iter().map(|route| &route.rule);
        f.debug_list().entries(rules).finish()
    }
}
