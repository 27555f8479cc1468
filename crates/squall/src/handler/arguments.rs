//! The arguments of a handler: extractors of the request's head, and one of its body.

use axum_core::{
    extract::{FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};
use http::request::Parts;

use super::{
    function::{Function, HandlerFuture, HandlerOutput},
    rejection,
};
use crate::body_limit::BodyLimit;

/// The arguments of a handler, as a tuple. `M` marks how the last one is extracted.
pub trait Arguments<S, M>: Sized + Send {
    /// Extracts the arguments in order and calls the function; or responds to a request that one of
    /// them rejects.
    ///
    /// Each length is one future of its own: an outer one would copy the request again.
    fn handle<F>(function: F, request: Request, state: S) -> impl Future<Output = Response> + Send
    where
        F: Function<Self> + Send,
        F::Output: HandlerFuture<Output: HandlerOutput> + Send;
}

/// An argument that reads the request's head.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a handler, or not before the last one",
    label = "this argument",
    note = "an extractor that reads the body (`Json`, `Form`, `Multipart`, `String`, `Bytes`, `Request`) must be the last argument",
    note = "other types need an implementation of `FromRequestParts`"
)]
pub trait HeadArgument<S>: Sized + Send {
    /// The response to a request that the argument rejects.
    type Rejection: IntoResponse;

    /// Extracts the argument.
    fn extract(
        parts: &mut Parts,
        state: &S,
    ) -> impl Future<Output = Result<Self, Self::Rejection>> + Send;
}

#[diagnostic::do_not_recommend]
impl<S: Send + Sync, T: FromRequestParts<S> + Send> HeadArgument<S> for T {
    type Rejection = T::Rejection;

    fn extract(
        parts: &mut Parts,
        state: &S,
    ) -> impl Future<Output = Result<Self, T::Rejection>> + Send {
        T::from_request_parts(parts, state)
    }
}

/// The last argument, which may read the request's body.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a handler",
    label = "this argument",
    note = "other types need an implementation of `FromRequestParts` or `FromRequest`"
)]
pub trait LastArgument<S, M>: Sized + Send {
    /// The response to a request that the argument rejects.
    type Rejection: IntoResponse;

    /// Extracts the argument.
    fn extract(
        request: Request,
        state: &S,
    ) -> impl Future<Output = Result<Self, Self::Rejection>> + Send;
}

#[diagnostic::do_not_recommend]
impl<S: Send + Sync, M, T: FromRequest<S, M> + Send> LastArgument<S, M> for T {
    type Rejection = T::Rejection;

    fn extract(
        request: Request,
        state: &S,
    ) -> impl Future<Output = Result<Self, T::Rejection>> + Send {
        T::from_request(request, state)
    }
}

/// The body is kept while the handler runs, since a server may end the connection when an unread one is
/// dropped.
impl<S: Send> Arguments<S, ()> for () {
    fn handle<F>(function: F, request: Request, _: S) -> impl Future<Output = Response> + Send
    where
        F: Function<Self> + Send,
        F::Output: HandlerFuture<Output: HandlerOutput> + Send,
    {
        let body = request.into_body();
        async move {
            let response = function.call(()).await.into_response();
            drop(body);
            response
        }
    }
}

macro_rules! impl_arguments {
    ($($argument:ident)*) => {
        impl<S: Send + Sync, M, $($argument,)* L> Arguments<S, M> for ($($argument,)* L,)
        where
            $($argument: HeadArgument<S>,)*
            L: LastArgument<S, M>,
        {
            #[allow(
                non_snake_case,
                unused_mut,
                reason = "an argument has the name of its type; a single one leaves the head as it is"
            )]
            async fn handle<F>(function: F, request: Request, state: S) -> Response
            where
                F: Function<Self> + Send,
                F::Output: HandlerFuture<Output: HandlerOutput> + Send,
            {
                let limit = BodyLimit::of(&request);
                let (mut parts, body) = request.into_parts();
                $(
                    let $argument = $argument::extract(&mut parts, &state).await;
                    let $argument = match $argument.map_err(IntoResponse::into_response) {
                        Ok(value) => value,
                        Err(rejection) => return rejection::respond(rejection, limit).await,
                    };
                )*
                let last = L::extract(Request::from_parts(parts, body), &state).await;
                let last = match last.map_err(IntoResponse::into_response) {
                    Ok(value) => value,
                    Err(rejection) => return rejection::respond(rejection, limit).await,
                };
                function.call(($($argument,)* last,)).await.into_response()
            }
        }
    };
}

impl_arguments!();
impl_arguments!(A);
impl_arguments!(A B);
impl_arguments!(A B C);
impl_arguments!(A B C D);
impl_arguments!(A B C D E);
impl_arguments!(A B C D E G);
impl_arguments!(A B C D E G H);
