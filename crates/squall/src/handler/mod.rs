//! Handlers: functions from extractors to a response.
//!
//! `endpoint.rs` is a handler or a service with its type erased, `function.rs` and `arguments.rs`
//! are the two halves of [`Handler`], `rejection.rs` the response of an extractor that rejects.

pub(crate) mod arguments;
pub(crate) mod endpoint;
pub(crate) mod function;
mod rejection;

use axum_core::{body::Body, extract::Request, response::Response};
use http::Extensions;

use self::{
    arguments::Arguments,
    function::{Function, HandlerFuture, HandlerOutput},
};

/// A function that handles a request: `async fn(extractors…) -> impl IntoResponse`.
///
/// Each argument but the last reads the request's head
/// ([`FromRequestParts`](axum_core::extract::FromRequestParts)); the last may read the body
/// ([`FromRequest`](axum_core::extract::FromRequest)). These are axum's traits, so extractors and
/// responses that are written for axum work. `S` is the application's state, and `T` is inferred.
///
/// The compiler names what keeps a function from being a handler: an argument, the returned type,
/// or a future that is not `Send`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "not an `async fn` of at most eight extractors"
)]
pub trait Handler<T, S>: Clone + Send + Sync + 'static {
    /// Whether there are arguments, which may read the request's head.
    const READS_HEAD: bool;

    /// Handles one request.
    fn call(self, request: Request, state: S) -> impl Future<Output = Response> + Send;

    /// Handles one request whose head it does not read.
    fn call_unread(
        self,
        extensions: Extensions,
        body: Body,
        state: S,
    ) -> impl Future<Output = Response> + Send;
}

impl<F, A, M, S> Handler<(A, M), S> for F
where
    F: Function<A> + Clone + Send + Sync + 'static,
    F::Output: HandlerFuture<Output: HandlerOutput> + Send,
    A: Arguments<S, M>,
    S: Send + Sync + 'static,
{
    const READS_HEAD: bool = A::READS_HEAD;

    fn call(self, request: Request, state: S) -> impl Future<Output = Response> + Send {
        A::handle(self, request, state)
    }

    fn call_unread(
        self,
        extensions: Extensions,
        body: Body,
        state: S,
    ) -> impl Future<Output = Response> + Send {
        A::handle_unread(self, extensions, body, state)
    }
}
