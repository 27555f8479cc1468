//! `Failure`: an error or a panic with its backtrace.

pub(crate) mod panic;
pub(crate) mod snippet;

use std::{
    any::{Any, type_name},
    error::Error,
    fmt, iter,
    panic::Location,
    sync::Arc,
};

use crate::{
    failure::{
        panic::{Panic, take_trace},
        snippet::Snippet,
    },
    trace::{Trace, place::Place},
};

/// An error with the backtrace of the place that converted it to a `Failure`, or a panic with its
/// backtrace.
///
/// The handler's response carries it in its extensions; see the example of the [crate].
/// Create one where the handler returns the error, for example by `?`, in the `From` implementation
/// of its error type:
///
/// ```
/// # struct AppError(squall_debug::Failure);
/// impl<E: std::error::Error + Send + Sync + 'static> From<E> for AppError {
///     #[track_caller] // the page starts with the line of the `?`
///     fn from(error: E) -> Self {
///         Self(squall_debug::Failure::new(error))
///     }
/// }
/// ```
///
/// `Failure` does not implement [`Error`], because that would conflict with this implementation.
/// Cheap to clone.
#[derive(Clone)]
pub struct Failure {
    inner: Arc<FailureInner>,
    snippets: Vec<Snippet>,
}

struct FailureInner {
    error: Box<dyn Error + Send + Sync>,
    /// The name of the error's type; `None` for strings and boxed errors.
    type_name: Option<&'static str>,
    is_panic: bool,
    trace: Option<Trace>,
}

impl Failure {
    /// Stores an error with the current backtrace.
    ///
    /// Capturing the frames takes microseconds. They are resolved when the failure is shown, or in
    /// a background thread when it is logged; the first resolution in a process loads its debug
    /// information, which takes tenths of a second.
    #[track_caller]
    pub fn new<E: Into<Box<dyn Error + Send + Sync>>>(error: E) -> Self {
        let name = type_name::<E>();
        // The type names of strings and boxes do not describe the error.
        let is_descriptive = !name.starts_with('&') && !name.starts_with("alloc::");
        Self::from_inner(FailureInner {
            error: error.into(),
            type_name: is_descriptive.then_some(name),
            is_panic: false,
            trace: Some(Trace::capture(Place::from(Location::caller()))),
        })
    }

    /// Creates a failure from the payload of [`std::panic::catch_unwind`], with the backtrace of
    /// the panic.
    ///
    /// It has a backtrace only if the panic was the last one of this thread, and the first
    /// [`TracebackLayer`](crate::TracebackLayer) was created before it: that installs a panic hook,
    /// which calls the previous hook.
    #[must_use]
    pub fn from_panic(payload: &(dyn Any + Send)) -> Self {
        let panic = Panic::from_payload(payload);
        let trace = take_trace(&panic);
        Self::from_inner(FailureInner {
            error: Box::new(panic),
            type_name: None,
            is_panic: true,
            trace,
        })
    }

    fn from_inner(inner: FailureInner) -> Self {
        Self {
            inner: Arc::new(inner),
            snippets: Vec::new(),
        }
    }

    /// Adds source lines that are not in the backtrace, such as those of a template. They are shown
    /// above the frames. Default: none.
    #[must_use]
    pub fn with_snippet(mut self, snippet: Snippet) -> Self {
        self.snippets.push(snippet);
        self
    }

    /// Returns the error.
    #[must_use]
    pub fn error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.inner.error
    }

    /// Iterates over the error and its sources, outermost first.
    pub fn chain(&self) -> impl Iterator<Item = &(dyn Error + 'static)> {
        let first: &(dyn Error + 'static) = self.error();
        iter::successors(Some(first), |&error| error.source())
    }

    /// Whether it was a panic.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        self.inner.is_panic
    }

    pub(crate) fn type_name(&self) -> Option<&'static str> {
        self.inner.type_name
    }

    pub(crate) fn snippets(&self) -> &[Snippet] {
        &self.snippets
    }

    pub(crate) fn trace(&self) -> Option<&Trace> {
        self.inner.trace.as_ref()
    }
}

/// Shows the outermost error.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.error(), f)
    }
}

/// Shows the error and its causes, for `main` functions that return a `Failure`.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut causes = self.chain().skip(1);
        causes.try_for_each(|cause| write!(f, "\n  caused by: {cause}"))
    }
}

#[cfg(test)]
mod tests {
    use std::{fmt, io};

    use super::Failure;

    #[derive(Debug)]
    struct Outer(io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("cannot read the feed")
        }
    }

    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn chain_of_causes_is_shown() {
        let failure = Failure::new(Outer(io::Error::other("connection reset")));
        assert_eq!(failure.to_string(), "cannot read the feed");
        assert_eq!(
            format!("{failure:?}"),
            "cannot read the feed\n  caused by: connection reset"
        );
        assert!(failure.error().is::<Outer>() && !failure.is_panic());
    }

    #[test]
    fn strings_and_boxes_have_no_type_name() {
        let boxed: Box<dyn std::error::Error + Send + Sync> = "no".into();
        for failure in [
            Failure::new("no"),
            Failure::new("no".to_owned()),
            Failure::new(boxed),
        ] {
            assert_eq!(failure.type_name(), None);
        }
        let named = Failure::new(Outer(io::Error::other("no"))).type_name();
        assert!(named.is_some_and(|name| name.ends_with("::Outer")));
    }
}
