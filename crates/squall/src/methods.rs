//! `get(handler)` and its like: what a route does for each method.

use std::fmt;

use http::Method;

use crate::handler::{Endpoint, Handler};

/// The handlers of one route, each for a method.
///
/// A method without a handler is answered with 405 (Method Not Allowed) and `Allow`; HEAD is
/// answered from GET, and OPTIONS with the methods that there are, unless they have handlers of
/// their own. `S` is the application's state.
///
/// # Examples
///
/// ```
/// use squall::{Application, get};
///
/// let application = Application::new()
///     .route("/", get(|| async { "read" }).post(|| async { "written" }));
/// ```
#[must_use = "handlers do nothing until they are given to a route"]
pub struct Methods<S = ()> {
    handlers: Vec<(Option<Method>, Bind<S>)>,
}

/// A handler that waits for the application's state.
type Bind<S> = Box<dyn FnOnce(S) -> Endpoint + Send>;

impl<S: Clone + Send + Sync + 'static> Methods<S> {
    fn new() -> Self {
        Self {
            handlers: Vec::new(),
        }
    }

    /// Answers a method of any name. Two handlers for one method are an error at the start.
    ///
    /// Defaults to 405 (Method Not Allowed).
    pub fn on<T: 'static>(self, method: Method, handler: impl Handler<T, S>) -> Self {
        self.with(Some(method), handler)
    }

    /// Answers every method that has no handler of its own.
    ///
    /// Defaults to 405 (Method Not Allowed).
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

/// Answers every method with one handler.
pub fn any<T: 'static, S: Clone + Send + Sync + 'static>(
    handler: impl Handler<T, S>,
) -> Methods<S> {
    Methods::new().any(handler)
}

/// Answers a method of any name.
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
                #[doc = concat!("Answers ", stringify!($method), ".")]
                ///
                /// Defaults to what the type says.
                pub fn $name<T: 'static>(self, handler: impl Handler<T, S>) -> Self {
                    self.on(Method::$method, handler)
                }
            )*
        }

        $(
            #[doc = concat!("Answers ", stringify!($method), " with a handler.")]
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
