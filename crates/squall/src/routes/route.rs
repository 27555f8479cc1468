//! `Route`: the target of a rule, and what is set on it.

use std::{fmt, time::Duration};

use http::Method;

use super::{
    handler_types::HandlerTypes,
    settings::{RouteLayer, RouteSettings},
};
use crate::{
    Error,
    handler::{
        Handler,
        endpoint::{Endpoint, HttpService},
    },
};

/// The target of one rule: handlers by method or a service, with its name, layers and limits.
///
/// The response to a method without a handler is 405 (Method Not Allowed) with `Allow`. Unless they
/// have handlers of their own, HEAD uses the handler of GET, and OPTIONS lists the methods. `S` is
/// the application's state.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use squall::{Application, get, post};
///
/// let application = Application::new()
///     .route("/", get(async || "read").post(async || "written").name("home"))
///     .route("/import", post(async || "imported").timeout(Duration::from_secs(60)));
/// ```
#[must_use = "handlers do nothing until they are added to a route"]
pub struct Route<S = ()> {
    handlers: Vec<(Option<Method>, BindState<S>)>,
    pub(crate) name: Option<String>,
    pub(crate) settings: RouteSettings,
    /// The types of the handlers, for checks against the application's settings.
    pub(crate) types: Vec<HandlerTypes>,
    /// The first configuration error.
    error: Option<Error>,
}

/// A handler without its state.
type BindState<S> = Box<dyn FnOnce(S) -> Endpoint + Send>;

/// The parts of a bound route: its endpoints by method, `None` for any.
pub(crate) type Endpoints = Vec<(Option<Method>, Endpoint)>;

impl<S> Route<S> {
    pub(super) fn new() -> Self {
        Self {
            handlers: Vec::new(),
            name: None,
            settings: RouteSettings::default(),
            types: Vec::new(),
            error: None,
        }
    }

    /// Returns the route of a tower service, which handles all methods. A service can also be given
    /// to
    /// [`Application::route`](crate::Application::route) as it is; as a route, it can have a name,
    /// layers and limits.
    pub fn service(service: impl HttpService) -> Self {
        Self::from_endpoint(Endpoint::from_service(service))
    }

    pub(crate) fn from_endpoint(endpoint: Endpoint) -> Self {
        let mut route = Self::new();
        route.handlers.push((None, Box::new(|_| endpoint)));
        route
    }

    #[cfg(feature = "static")]
    pub(crate) fn from_error(error: Error) -> Self {
        Self {
            error: Some(error),
            ..Self::new()
        }
    }

    /// Sets the name for [`reverse_url`](crate::Urls::reverse_url).
    ///
    /// Default: no name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds a tower layer around all handlers of this route; the layer that is added last is the
    /// outermost. It may change the types of bodies. Responses without a handler (404, 405,
    /// OPTIONS) do not pass through it; see [`Application::layer`](crate::Application::layer).
    ///
    /// Default: no layer.
    pub fn layer(mut self, layer: impl RouteLayer) -> Self {
        self.settings.add_layer(layer);
        self
    }

    /// Sets the size of a request's body, in bytes. The response to a larger one is 413 (Content
    /// Too Large), before the handler is called if the request has `Content-Length`.
    ///
    /// Default: the limit of the [group](crate::Routes::body_limit), else
    /// [`Limits::max_body_size`](crate::Limits::max_body_size), which this may exceed.
    pub fn body_limit(mut self, bytes: u64) -> Self {
        self.settings.body_limit = Some(bytes);
        self
    }

    /// Sets how long the handler may take to respond, its body aside. The handler is then dropped,
    /// and the response is 503 (Service Unavailable).
    ///
    /// Default: the limit of the [group](crate::Routes::timeout), else no limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout);
        self
    }

    /// Exempts this route from [`xsrf_cookies`](crate::Application::xsrf_cookies), for clients
    /// other than browsers that authenticate in another way, such as webhooks with a signature.
    ///
    /// Default: every route is checked.
    #[cfg(feature = "xsrf")]
    pub fn without_xsrf(mut self) -> Self {
        self.settings.is_xsrf_exempt = true;
        self
    }

    /// Records a configuration error, unless there is one.
    pub(crate) fn fail(&mut self, error: impl Into<squall_server::BoxError>) {
        self.error.get_or_insert_with(|| Error::new(error));
    }

    /// Returns the endpoints with the application's state.
    pub(crate) fn bind(self, state: &S) -> Result<Endpoints, Error>
    where
        S: Clone,
    {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self
                .handlers
                .into_iter()
                .map(|(method, bind)| (method, bind(state.clone())))
                .collect()),
        }
    }
}

impl<S: Clone + Send + Sync + 'static> Route<S> {
    /// Sets the handler of a method of any name. Two handlers of one method are a configuration
    /// error.
    ///
    /// Default: 405 (Method Not Allowed).
    pub fn on<T: 'static>(self, method: Method, handler: impl Handler<T, S>) -> Self {
        self.with(Some(method), handler)
    }

    /// Sets the handler of all methods that have no handler of their own.
    ///
    /// Default: 405 (Method Not Allowed).
    pub fn any<T: 'static>(self, handler: impl Handler<T, S>) -> Self {
        self.with(None, handler)
    }

    fn with<T: 'static, H: Handler<T, S>>(mut self, method: Option<Method>, handler: H) -> Self {
        let types = HandlerTypes::of::<H, T>();
        if let Some(found) = types.axum_only() {
            let handler = types.handler;
            self.fail(format!(
                "the handler {handler} extracts axum's `{found}`, which only axum's router supports: \
                 extract `squall::Path`"
            ));
        }
        self.types.push(types);
        let bind = Box::new(move |state: S| Endpoint::from_handler(handler, state));
        self.handlers.push((method, bind));
        self
    }
}

impl<S> fmt::Debug for Route<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let methods = self.handlers.iter().map(|(method, _)| method);
        f.debug_list().entries(methods).finish()
    }
}
