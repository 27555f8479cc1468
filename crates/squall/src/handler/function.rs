//! The function of a handler: its arguments, its future and what that returns.
//!
//! A trait for each, so the compiler's message is about the part that is wrong.

use axum_core::response::IntoResponse;

/// A function with at most eight arguments, the tuple `A`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "not an `async fn` of at most eight extractors"
)]
pub trait Function<A> {
    /// The returned type.
    type Output;

    /// Calls the function.
    fn call(self, arguments: A) -> Self::Output;
}

macro_rules! impl_function {
    ($($argument:ident)*) => {
        impl<F, R, $($argument,)*> Function<($($argument,)*)> for F
        where
            F: FnOnce($($argument,)*) -> R,
        {
            type Output = R;

            #[allow(non_snake_case, reason = "an argument has the name of its type")]
            fn call(self, ($($argument,)*): ($($argument,)*)) -> R {
                self($($argument,)*)
            }
        }
    };
}

impl_function!();
impl_function!(A);
impl_function!(A B);
impl_function!(A B C);
impl_function!(A B C D);
impl_function!(A B C D E);
impl_function!(A B C D E G);
impl_function!(A B C D E G H);
impl_function!(A B C D E G H I);

/// The future of a handler.
#[diagnostic::on_unimplemented(
    message = "a handler must be an `async fn`, and this one returns `{Self}`",
    label = "not async",
    note = "write `async fn` or `async ||`"
)]
pub trait HandlerFuture: Future {}

#[diagnostic::do_not_recommend]
impl<T: Future> HandlerFuture for T {}

/// The output of a handler's future: a response.
#[diagnostic::on_unimplemented(
    message = "a handler must return a response, and this one returns `{Self}`",
    label = "its output is not a response",
    note = "text, `Html`, `Json`, `Redirect`, a status, `()`, and tuples of a status, headers and a body are responses",
    note = "`Result<T, E>` is a response if `E` is one: return `squall::Result<T>`, whose error `?` makes of any other"
)]
pub trait HandlerOutput: IntoResponse {}

#[diagnostic::do_not_recommend]
impl<T: IntoResponse> HandlerOutput for T {}
