//! `get`, `post`, …: the constructors and setters of a [`Route`] by method.

use http::Method;

use super::Route;
use crate::Handler;

/// Returns a route with a handler for all methods.
pub fn any<T: 'static, S: Clone + Send + Sync + 'static>(handler: impl Handler<T, S>) -> Route<S> {
    Route::new().any(handler)
}

/// Returns a route with a handler for a method of any name.
pub fn on<T: 'static, S: Clone + Send + Sync + 'static>(
    method: Method,
    handler: impl Handler<T, S>,
) -> Route<S> {
    Route::new().on(method, handler)
}

macro_rules! methods {
    ($($name:ident $method:ident;)*) => {
        impl<S: Clone + Send + Sync + 'static> Route<S> {
            $(
                #[doc = concat!("Sets the handler of ", stringify!($method), ".")]
                ///
                /// Default: as in the description of [`Route`].
                pub fn $name<T: 'static>(self, handler: impl Handler<T, S>) -> Self {
                    self.on(Method::$method, handler)
                }
            )*
        }

        $(
            #[doc = concat!("Returns a route with a handler for ", stringify!($method), ".")]
            pub fn $name<T: 'static, S: Clone + Send + Sync + 'static>(
                handler: impl Handler<T, S>,
            ) -> Route<S> {
                Route::new().$name(handler)
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
