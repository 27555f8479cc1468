//! The arguments of a handler: extractors of the request's head, and one of its body.

use std::mem;

use axum_core::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};
use http::{Extensions, request::Parts};

use super::{
    function::{Function, HandlerFuture, HandlerOutput},
    rejection,
};
use crate::{body_limit::BodyLimit, matched::recycle};

/// The arguments of a handler, as a tuple. `M` marks how the last one is extracted.
pub trait Arguments<S, M>: Sized + Send {
    /// Whether there is an argument.
    const READS_HEAD: bool = true;

    /// Extracts the arguments in order and calls the function; or responds to a request that one of
    /// them rejects.
    ///
    /// Each length is one future of its own: an outer one would copy the request again.
    fn handle<F>(function: F, request: Request, state: S) -> impl Future<Output = Response> + Send
    where
        F: Function<Self> + Send,
        F::Output: HandlerFuture<Output: HandlerOutput> + Send;

    /// As `handle`, without arguments that read the head.
    fn handle_unread<F>(
        function: F,
        extensions: Extensions,
        body: Body,
        state: S,
    ) -> impl Future<Output = Response> + Send
    where
        F: Function<Self> + Send,
        F::Output: HandlerFuture<Output: HandlerOutput> + Send,
    {
        let mut request = Request::new(body);
        *request.extensions_mut() = extensions;
        Self::handle(function, request, state)
    }
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

/// The last argument, which may read the request's body. `M` is what it reads: [`Parts`] or
/// [`Request`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a handler",
    label = "this argument",
    note = "other types need an implementation of `FromRequestParts` or `FromRequest`"
)]
pub trait LastArgument<S, M>: Sized + Send {
    /// The response to a request that the argument rejects.
    type Rejection: IntoResponse;

    /// Extracts the argument from a request, of which nothing else is read afterwards.
    fn extract(
        parts: &mut Parts,
        body: Body,
        state: &S,
    ) -> impl Future<Output = Result<Self, Self::Rejection>> + Send;
}

#[diagnostic::do_not_recommend]
impl<S: Send + Sync, T: FromRequestParts<S> + Send> LastArgument<S, Parts> for T {
    type Rejection = T::Rejection;

    fn extract(
        parts: &mut Parts,
        _: Body,
        state: &S,
    ) -> impl Future<Output = Result<Self, T::Rejection>> + Send {
        T::from_request_parts(parts, state)
    }
}

#[diagnostic::do_not_recommend]
impl<S: Send + Sync, T: FromRequest<S> + Send> LastArgument<S, Request> for T {
    type Rejection = T::Rejection;

    fn extract(
        parts: &mut Parts,
        body: Body,
        state: &S,
    ) -> impl Future<Output = Result<Self, T::Rejection>> + Send {
        let (nothing, ()) = Request::new(()).into_parts();
        let parts = mem::replace(parts, nothing);
        T::from_request(Request::from_parts(parts, body), state)
    }
}

/// The body is kept while the handler runs, since a server may end the connection when an unread
/// one is dropped.
impl<S: Send> Arguments<S, ()> for () {
    const READS_HEAD: bool = false;

    fn handle<F>(function: F, request: Request, state: S) -> impl Future<Output = Response> + Send
    where
        F: Function<Self> + Send,
        F::Output: HandlerFuture<Output: HandlerOutput> + Send,
    {
        let (parts, body) = request.into_parts();
        Self::handle_unread(function, parts.extensions, body, state)
    }

    fn handle_unread<F>(
        function: F,
        extensions: Extensions,
        body: Body,
        _: S,
    ) -> impl Future<Output = Response> + Send
    where
        F: Function<Self> + Send,
        F::Output: HandlerFuture<Output: HandlerOutput> + Send,
    {
        recycle(extensions);
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
                reason = "an argument has the name of its type"
            )]
            fn handle<F>(function: F, request: Request, state: S) -> impl Future<Output = Response> + Send
            where
                F: Function<Self> + Send,
                F::Output: HandlerFuture<Output: HandlerOutput> + Send,
            {
                let limit = BodyLimit::of(&request);
                let (mut parts, body) = request.into_parts();
                async move {
                    $(
                        let $argument = $argument::extract(&mut parts, &state).await;
                        let $argument = match $argument.map_err(IntoResponse::into_response) {
                            Ok(value) => value,
                            Err(rejection) => return rejection::respond(rejection, limit).await,
                        };
                    )*
                    let last = L::extract(&mut parts, body, &state).await;
                    let last = match last.map_err(IntoResponse::into_response) {
                        Ok(last) => last,
                        Err(rejection) => return rejection::respond(rejection, limit).await,
                    };
                    recycle(mem::take(&mut parts.extensions));
                    drop(parts);
                    function.call(($($argument,)* last,)).await.into_response()
                }
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
