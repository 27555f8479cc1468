//! `Methods`: the handlers of a route by method, and their constructors `get`, `post`, ….

use std::fmt;

use http::Method;

use super::{Handler, endpoint::Endpoint};

/// The handlers of one route, by method.
///
/// The response to a method without a handler is 405 (Method Not Allowed) with `Allow`. Unless they
/// have handlers of their own, HEAD uses the handler of GET, and OPTIONS lists the methods. `S` is
/// the application's state.
///
/// # Examples
///
/// ```
/// use squall::{Application, get};
///
/// let application = Application::new()
///     .route("/", get(|| async { "read" }).post(|| async { "written" }));
/// ```
#[must_use = "handlers do nothing until they are added to a route"]
pub struct Methods<S = ()> {
    handlers: Vec<(Option<Method>, BindState<S>)>,
}

/// A handler without its state.
type BindState<S> = Box<dyn FnOnce(S) -> Endpoint + Send>;

impl<S: Clone + Send + Sync + 'static> Methods<S> {
    fn new() -> Self {
        Self {
            handlers: Vec::new(),
        }
    }

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

    fn with<T: 'static>(mut self, method: Option<Method>, handler: impl Handler<T, S>) -> Self {
        let bind = Box::new(move |state| Endpoint::new(handler, state));
        self.handlers.push((method, bind));
        self
    }

    pub(crate) fn bind(self, state: &S) -> Vec<(Option<Method>, Endpoint)> {
        let handlers = self.handlers.into_iter();
        handlers
            .map(|(method, bind)| (method, bind(state.clone())))
            .collect()
    }
}

impl<S> fmt::Debug for Methods<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let methods = self.handlers.iter().map(|(method, _)| method);
        f.debug_list().entries(methods).finish()
    }
}

/// Returns a handler for all methods.
pub fn any<T: 'static, S: Clone + Send + Sync + 'static>(
    handler: impl Handler<T, S>,
) -> Methods<S> {
    Methods::new().any(handler)
}

/// Returns a handler for a method of any name.
pub fn on<T: 'static, S: Clone + Send + Sync + 'static>(
    method: Method,
    handler: impl Handler<T, S>,
) -> Methods<S> {
    Methods::new().on(method, handler)
}

macro_rules! methods {
    ($($name:ident $method:ident;)*) => {
        impl<S: Clone + Send + Sync + 'static> Methods<S> {
            $(
                #[doc = concat!("Sets the handler of ", stringify!($method), ".")]
                ///
                /// Default: as in the description of [`Methods`].
                pub fn $name<T: 'static>(self, handler: impl Handler<T, S>) -> Self {
                    self.on(Method::$method, handler)
                }
            )*
        }

        $(
            #[doc = concat!("Returns a handler for ", stringify!($method), ".")]
            pub fn $name<T: 'static, S: Clone + Send + Sync + 'static>(handler: impl Handler<T, S>) -> Methods<S> {
                Methods::new().$name(handler)
            }
        )*
    };
}

methods! {
    delete DELETE;
    get GET;
    head HEAD;
    options OPTIONS;
    patch PATCH;
    post POST;
    put PUT;
}
