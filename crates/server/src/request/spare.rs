//! The memory of a request's extensions, which the next request of the thread uses.

use std::cell::Cell;

use http::Extensions;

thread_local! {
    static SPARE: Cell<Extensions> = Cell::default();
}

/// Returns extensions without values, with the memory that was kept, if any.
pub(super) fn take() -> Extensions {
    SPARE.try_with(Cell::take).unwrap_or_default()
}

/// Keeps the memory of extensions that have no values. A response that has none of its own makes the
/// memory of another one free.
pub(super) fn keep(extensions: Extensions) {
    debug_assert!(extensions.is_empty(), "a value would reach another request");
    // Where the thread's values are destroyed already, it is dropped.
    _ = SPARE.try_with(|spare| spare.set(extensions));
}
