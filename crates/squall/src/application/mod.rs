//! `Application`: the builder of routes and settings, which are checked once and then served.
//!
//! `settings.rs` collects the settings of all features, and `site.rs` the values that all requests
//! share. `build.rs` compiles the routes.

mod build;
pub(crate) mod settings;
pub(crate) mod site;
mod urls;

pub use self::urls::Urls;

use std::{fmt, sync::Arc};

use squall_routing::Rule;

use self::{settings::ApplicationSettings, site::Site};
use crate::{
    Result, Routes, Tasks,
    handler::endpoint::{Endpoint, HttpService},
    matched::Matched,
    routes::{
        IntoRoute, RouteLayer,
        settings::{Wrap, wrap},
    },
    service::{ApplicationService, BuiltApplication},
};

/// A web application: a builder of routes and settings, which becomes a tower service.
///
/// Routes and settings are checked when it is served or [made a service](Self::into_service); an
/// error then names the one that is wrong. `S` is the type of the state that handlers can
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
///         .route("/users/{id}", get(user).name("user"))
///         .listen(8888)
/// }
/// ```
#[must_use = "an application does nothing until it is served"]
pub struct Application<S = ()> {
    pub(crate) state: S,
    pub(crate) settings: ApplicationSettings,
    routes: Routes<S>,
    layers: Vec<Wrap>,
}

impl Application {
    /// Returns an application without routes and without state.
    pub fn new() -> Self {
        Self::with_state(())
    }
}

impl Default for Application {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Clone + Send + Sync + 'static> Application<S> {
    /// Returns an application without routes, with the state of its handlers: the value of
    /// [`State`](crate::State), or the source of its parts by
    /// [`FromRef`](axum_core::extract::FromRef). It is cloned for each request.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use squall::{Application, State, get};
    ///
    /// struct Settings { title: String }
    ///
    /// async fn title(State(settings): State<Arc<Settings>>) -> String {
    ///     settings.title.clone()
    /// }
    ///
    /// let settings = Settings { title: "Notes".to_owned() };
    /// let application = Application::with_state(Arc::new(settings)).route("/title", get(title));
    /// ```
    pub fn with_state(state: S) -> Self {
        Self {
            state,
            settings: ApplicationSettings::default(),
            routes: Routes::new(),
            layers: Vec::new(),
        }
    }

    /// Adds a route: handlers ([`get`](crate::get) and its like) or any tower service, for requests
    /// that match a rule. A rule is a pattern (`"/users/{id}"`, [`regex(…)`](crate::regex)), or a
    /// [`Rule`] with a host. Routes with the same rule are merged.
    ///
    /// Default: no route; the response is 404 (Not Found).
    pub fn route<M>(mut self, rule: impl Into<Rule>, target: impl IntoRoute<S, M>) -> Self {
        self.routes = self.routes.route(rule, target);
        self
    }

    /// Adds the routes of a function below a prefix, with layers and limits of their own. The prefix
    /// is put before the pattern of each as it is: with the prefix `/admin`, the route `""` is
    /// `/admin`, and `"/"` is `/admin/`.
    ///
    /// Default: no group.
    ///
    /// # Examples
    ///
    /// ```
    /// use squall::{Application, get};
    ///
    /// let application = Application::new().group("/admin", |admin| {
    ///     admin
    ///         .route("", get(async || "overview").name("admin"))
    ///         .route("/users", get(async || "users"))
    ///         .body_limit(4096)
    /// });
    /// ```
    pub fn group(mut self, prefix: &str, routes: impl FnOnce(Routes<S>) -> Routes<S>) -> Self {
        self.routes = self.routes.group(prefix, routes);
        self
    }

    /// Adds a set of routes.
    ///
    /// Default: none.
    pub fn merge(mut self, routes: Routes<S>) -> Self {
        self.routes = self.routes.merge(routes);
        self
    }

    /// Mounts a service below a prefix: an axum `Router`, another application's
    /// [service](Self::into_service), or any other. The service gets the path without the prefix. A
    /// mounted application has its own state, settings and names; a [group](Self::group) shares those
    /// of this application.
    ///
    /// Default: no mount.
    pub fn mount(mut self, prefix: &str, service: impl HttpService) -> Self {
        self.routes = self.routes.mount(prefix, service);
        self
    }

    /// Adds a tower layer around all requests, those without a route included; the layer that is
    /// added last is the outermost. It may change the types of bodies. [`Route::layer`] and
    /// [`Routes::layer`] are around single routes and groups.
    ///
    /// Default: no layer.
    ///
    /// [`Route::layer`]: crate::Route::layer
    pub fn layer(mut self, layer: impl RouteLayer) -> Self {
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
        let settings = self.settings;
        let entries: Vec<_> = self.routes.into_entries().collect();
        build::check_handlers(&entries, &settings)?;
        let live_reload = settings.live_reload();
        let debug = settings.debug.is_on();
        let files = settings.files.build(debug)?;
        let guard = settings.xsrf.guard();
        let router = build::router(files.routes, entries, &self.state, guard.as_ref())?;
        let mut own_layers = Vec::new();
        settings.locale.add_layer(&mut own_layers);
        let has_secret = settings.cookies.has_secret();
        settings.cookies.add_layer(&mut own_layers, debug)?;
        settings.compression.add_layer(&mut own_layers);
        let urls = Urls::new(router.urls().clone(), files.urls);
        let site = Site {
            templates: settings.templates.build(&urls, debug)?,
            auth: settings.auth.build(has_secret)?,
            urls,
            tasks: Tasks::default(),
            access_log: settings.access_log,
        };
        let site = Arc::new(site);
        let error_pages = settings.error_pages.map(|page| {
            let page = match &guard {
                Some(guard) => guard.protect(page),
                None => page,
            };
            let page = with_site(page, Arc::clone(&site));
            own_layers.iter().fold(page, |inner, layer| layer(inner))
        });
        let built = BuiltApplication {
            tracebacks: settings.debug.build(),
            debug,
            live_reload,
            site,
            router,
            error_pages,
        };
        let mut layers = self.layers;
        layers.extend(own_layers);
        Ok(ApplicationService::new(built, &layers))
    }
}

/// Returns an error page whose request has the values of the site.
fn with_site(page: Endpoint, site: Arc<Site>) -> Endpoint {
    Endpoint::forward(move |mut request| {
        let matched = Matched {
            captures: None,
            site: Arc::clone(&site),
        };
        matched.put(request.extensions_mut());
        page.respond(request)
    })
}

impl<S> fmt::Debug for Application<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Application").field(&self.routes).finish()
    }
}
