//! The arguments of a handler: extractors of the request's head, and one of its body.

use axum_core::{
    extract::{FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};

/// The arguments of a handler, as a tuple. `M` marks how the last one is extracted.
pub trait Arguments<S, M>: Sized + Send {
    /// Extracts the arguments in order; the error is the response to a request that they reject.
    fn extract(request: Request, state: &S) -> impl Future<Output = Result<Self, Response>> + Send;
}

/// An argument that reads the request's head.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a handler, or not before the last one",
    label = "this argument",
    note = "an extractor that reads the body (`Json`, `Form`, `Multipart`, `String`, `Bytes`, `Request`) must be the last argument",
    note = "other types need an implementation of `FromRequestParts`"
)]
pub trait HeadArgument<S>: Sized + Send {
    /// Extracts the argument.
    fn extract(
        parts: &mut http::request::Parts,
        state: &S,
    ) -> impl Future<Output = Result<Self, Response>> + Send;
}

#[diagnostic::do_not_recommend]
impl<S: Send + Sync, T: FromRequestParts<S> + Send> HeadArgument<S> for T {
    async fn extract(parts: &mut http::request::Parts, state: &S) -> Result<Self, Response> {
        let argument = T::from_request_parts(parts, state).await;
        argument.map_err(IntoResponse::into_response)
    }
}

/// The last argument, which may read the request's body.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a handler",
    label = "this argument",
    note = "other types need an implementation of `FromRequestParts` or `FromRequest`"
)]
pub trait LastArgument<S, M>: Sized + Send {
    /// Extracts the argument.
    fn extract(request: Request, state: &S) -> impl Future<Output = Result<Self, Response>> + Send;
}

#[diagnostic::do_not_recommend]
impl<S: Send + Sync, M, T: FromRequest<S, M> + Send> LastArgument<S, M> for T {
    async fn extract(request: Request, state: &S) -> Result<Self, Response> {
        let argument = T::from_request(request, state).await;
        argument.map_err(IntoResponse::into_response)
    }
}

impl<S: Sync> Arguments<S, ()> for () {
    async fn extract(_: Request, _: &S) -> Result<Self, Response> {
        Ok(())
    }
}

impl<S: Sync, M, L: LastArgument<S, M>> Arguments<S, M> for (L,) {
    async fn extract(request: Request, state: &S) -> Result<Self, Response> {
        Ok((L::extract(request, state).await?,))
    }
}

macro_rules! impl_arguments {
    ($($argument:ident)+) => {
        impl<S: Sync, M, $($argument,)+ L> Arguments<S, M> for ($($argument,)+ L)
        where
            $($argument: HeadArgument<S>,)+
            L: LastArgument<S, M>,
        {
            #[expect(non_snake_case, reason = "an argument has the name of its type")]
            async fn extract(request: Request, state: &S) -> Result<Self, Response> {
                let (mut parts, body) = request.into_parts();
                $(
                    let $argument = $argument::extract(&mut parts, state).await?;
                )+
                let request = Request::from_parts(parts, body);
                Ok(($($argument,)+ L::extract(request, state).await?))
            }
        }
    };
}

impl_arguments!(A);
impl_arguments!(A B);
impl_arguments!(A B C);
impl_arguments!(A B C D);
impl_arguments!(A B C D E);
impl_arguments!(A B C D E G);
impl_arguments!(A B C D E G H);
