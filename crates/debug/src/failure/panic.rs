//! Panics: their messages, and a panic hook that captures backtraces.

use std::{
    any::Any,
    cell::RefCell,
    error::Error,
    fmt,
    panic::{set_hook, take_hook},
    sync::Once,
};

use crate::trace::Trace;

/// The message of a panic, as an error.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Panic(String);

impl Panic {
    pub(crate) fn from_payload(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self(text.unwrap_or("a panic without a message").to_owned())
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Panic {}

thread_local! {
    static LAST: RefCell<Option<(Panic, Trace)>> = const { RefCell::new(None) };
}

/// Installs the panic hook, once per process.
pub(crate) fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(move |info| {
            let panic = Panic::from_payload(info.payload());
            let place = info.location().map(Into::into);
            let last = place.map(|place| (panic, Trace::capture(place)));
            // Fails only while the thread exits; nothing reads the value then.
            let _ = LAST.try_with(|kept| kept.replace(last));
            previous(info);
        }));
    });
}

/// Returns the backtrace of this thread's last panic if its message is equal. A payload from
/// another thread or from `resume_unwind` has not passed the hook.
pub(crate) fn take_trace(panic: &Panic) -> Option<Trace> {
    let last = LAST.try_with(RefCell::take).ok()?;
    let (seen, trace) = last?;
    (seen == *panic).then_some(trace)
}
