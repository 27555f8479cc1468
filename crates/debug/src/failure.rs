//! What went wrong: an error or a panic, and the way to the place where it began.

use std::{
    any::{Any, type_name},
    error::Error,
    fmt, iter,
    panic::Location,
    sync::Arc,
};

use crate::{
    panic::{self, Panic},
    snippet::Snippet,
    trace::{Place, Trace},
};

/// Any error, with the backtrace of the place that made it a `Failure`; or a panic, with that of the panic.
///
/// A handler's response carries it in its extensions: see the [crate's](crate) example. Make one where
/// the error leaves your hands, which is the `?` of a handler, in the `From` of its error type:
///
/// ```
/// # struct AppError(squall_debug::Failure);
/// impl<E: std::error::Error + Send + Sync + 'static> From<E> for AppError {
///     #[track_caller] // so that the page begins at the `?`
///     fn from(error: E) -> Self {
///         Self(squall_debug::Failure::new(error))
///     }
/// }
/// ```
///
/// So that this can be written, `Failure` does not itself implement [`Error`]. Clones share what they hold.
#[derive(Clone)]
pub struct Failure {
    shared: Arc<Shared>,
    snippets: Vec<Snippet>,
}

struct Shared {
    error: Box<dyn Error + Send + Sync>,
    /// The name of the error's type, if it says anything.
    type_name: Option<&'static str>,
    is_panic: bool,
    trace: Option<Trace>,
}

impl Failure {
    /// Keeps an error, and the backtrace of here.
    ///
    /// The frames are walked now, which takes microseconds. Names, files and lines are looked up when the failure is shown,
    /// and by a thread of its own when it is logged; the first look-up of a process reads its debug information, which takes
    /// tenths of a second.
    #[track_caller]
    pub fn new<E: Into<Box<dyn Error + Send + Sync>>>(error: E) -> Self {
        let name = type_name::<E>();
        // Text and boxes have names that tell nothing of what went wrong.
        let tells = !name.starts_with('&') && !name.starts_with("alloc::");
        Self::from_parts(Shared {
            error: error.into(),
            type_name: tells.then_some(name),
            is_panic: false,
            trace: Some(Trace::capture(Place::from(Location::caller()))),
        })
    }

    /// What [`std::panic::catch_unwind`] caught, with the backtrace of the panic.
    ///
    /// There is a backtrace if the panic was this thread's last and a [`TracebackLayer`](crate::TracebackLayer)
    /// existed when it happened: making the first one installs a panic hook, which calls the hook before it.
    #[must_use]
    pub fn from_panic(payload: &(dyn Any + Send)) -> Self {
        let panic = Panic::from_payload(payload);
        let trace = panic::take_trace(&panic);
        Self::from_parts(Shared {
            error: Box::new(panic),
            type_name: None,
            is_panic: true,
            trace,
        })
    }

    fn from_parts(shared: Shared) -> Self {
        Self {
            shared: Arc::new(shared),
            snippets: Vec::new(),
        }
    }

    /// Adds lines that no backtrace leads to, such as those of a template. They are shown above the frames.
    ///
    /// Defaults to none.
    #[must_use]
    pub fn with_snippet(mut self, snippet: Snippet) -> Self {
        self.snippets.push(snippet);
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.shared.error
    }

    /// The error and its sources, outermost first.
    pub fn chain(&self) -> impl Iterator<Item = &(dyn Error + 'static)> {
        let first: &(dyn Error + 'static) = self.error();
        iter::successors(Some(first), |&error| error.source())
    }

    /// Whether it was a panic.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        self.shared.is_panic
    }

    pub(crate) fn type_name(&self) -> Option<&'static str> {
        self.shared.type_name
    }

    pub(crate) fn snippets(&self) -> &[Snippet] {
        &self.snippets
    }

    pub(crate) fn trace(&self) -> Option<&Trace> {
        self.shared.trace.as_ref()
    }
}

/// The outermost error.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.error(), f)
    }
}

/// The whole chain, as it is printed when `main` returns it.
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
    fn the_chain_is_kept_and_shown() {
        let failure = Failure::new(Outer(io::Error::other("connection reset")));
        assert_eq!(failure.to_string(), "cannot read the feed");
        assert_eq!(
            format!("{failure:?}"),
            "cannot read the feed\n  caused by: connection reset"
        );
        assert!(failure.error().is::<Outer>() && !failure.is_panic());
    }

    #[test]
    fn types_that_tell_nothing_have_no_name() {
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
