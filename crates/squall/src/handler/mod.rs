//! `Handler`: functions from extractors to a response.
//!
//! `methods.rs` collects the handlers of a route by method, `route.rs` converts every target of a route
//! to endpoints, and `endpoint.rs` is a handler or service with its type erased.

mod endpoint;
mod methods;
pub mod route;

pub(crate) use self::endpoint::{Endpoint, ResponseFuture};
pub use self::methods::{Methods, any, delete, get, head, on, options, patch, post, put};

use axum_core::{
    extract::{FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};

/// A function that handles a request: `async fn(extractors…) -> impl IntoResponse`.
///
/// Each argument but the last reads the request's head ([`FromRequestParts`]); the last may read
/// the body ([`FromRequest`]). These are axum's traits, so extractors and responses that are
/// written for axum work. `S` is the application's state.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler for an application with state `{S}`",
    note = "a handler is an `async fn` of up to eight extractors that returns a response; \
            only its last argument may read the body, and state is set before the routes that use it"
)]
pub trait Handler<T, S>: Clone + Send + Sync + 'static {
    /// Handles one request.
    fn call(self, request: Request, state: S) -> impl Future<Output = Response> + Send;
}

impl<F, Fut, R, S> Handler<(), S> for F
where
    F: FnOnce() -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = R> + Send,
    R: IntoResponse,
    S: Send + Sync + 'static,
{
    /// Keeps the body while the handler runs, because dropping an unread body closes the
    /// connection.
    fn call(self, request: Request, _: S) -> impl Future<Output = Response> + Send {
        let body = request.into_body();
        async move {
            let response = self().await.into_response();
            drop(body);
            response
        }
    }
}

impl<F, Fut, R, S, M, L> Handler<(M, L), S> for F
where
    F: FnOnce(L) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = R> + Send,
    R: IntoResponse,
    S: Send + Sync + 'static,
    L: FromRequest<S, M> + Send,
{
    async fn call(self, request: Request, state: S) -> Response {
        let last = match L::from_request(request, &state).await {
            Ok(last) => last,
            Err(rejection) => return rejection.into_response(),
        };
        self(last).await.into_response()
    }
}

macro_rules! impl_handler {
    ($($argument:ident),+) => {
        #[diagnostic::do_not_recommend]
        impl<F, Fut, R, S, M, $($argument,)+ L> Handler<(M, $($argument,)+ L), S> for F
        where
            F: FnOnce($($argument,)+ L) -> Fut + Clone + Send + Sync + 'static,
            Fut: Future<Output = R> + Send,
            R: IntoResponse,
            S: Send + Sync + 'static,
            $($argument: FromRequestParts<S> + Send,)+
            L: FromRequest<S, M> + Send,
        {
            #[expect(non_snake_case, reason = "an argument has the name of its type")]
            async fn call(self, request: Request, state: S) -> Response {
                let (mut parts, body) = request.into_parts();
                $(
                    let $argument = match $argument::from_request_parts(&mut parts, &state).await {
                        Ok(value) => value,
                        Err(rejection) => return rejection.into_response(),
                    };
                )+
                let request = Request::from_parts(parts, body);
                let last = match L::from_request(request, &state).await {
                    Ok(last) => last,
                    Err(rejection) => return rejection.into_response(),
                };
                self($($argument,)+ last).await.into_response()
            }
        }
    };
}

impl_handler!(A);
impl_handler!(A, B);
impl_handler!(A, B, C);
impl_handler!(A, B, C, D);
impl_handler!(A, B, C, D, E);
impl_handler!(A, B, C, D, E, G);
impl_handler!(A, B, C, D, E, G, H);
