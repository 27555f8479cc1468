//! Panics: what they say, and a hook that keeps where they began.

use std::{
    any::Any,
    cell::RefCell,
    error::Error,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook},
    sync::Once,
};

use crate::{Failure, trace::Trace};

/// A panic as an error: its message.
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

/// Installs the hook, once for the process.
pub(crate) fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(move |info| {
            let panic = Panic::from_payload(info.payload());
            let place = info.location().map(Into::into);
            let last = place.map(|place| (panic, Trace::capture(place)));
            // A thread that is at its end has no place for it, and nobody who would ask.
            let _ = LAST.try_with(|kept| kept.replace(last));
            previous(info);
        }));
    });
}

/// The way to this thread's last panic, if that said the same: a payload that another thread sent, or that was
/// resumed, did not come by the hook.
pub(crate) fn take_trace(panic: &Panic) -> Option<Trace> {
    let last = LAST.try_with(RefCell::take).ok()?;
    let (seen, trace) = last?;
    (seen == *panic).then_some(trace)
}

/// Lets the service do something; a panic of it is a failure.
pub(crate) fn guarded<T>(act: impl FnOnce() -> T) -> Result<T, Failure> {
    // What a panic may have left half done is dropped next, and not used again.
    catch_unwind(AssertUnwindSafe(act)).map_err(|payload| Failure::from_panic(&*payload))
}
