//! Failure log: one line per failure and its backtrace, both with the request id of the response.

use std::{
    fmt,
    sync::{
        OnceLock,
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

use http::StatusCode;
use squall_peers::NotLocal;
use tracing::Dispatch;

use crate::{
    failure::Failure,
    printable::one_line,
    request::request_id::RequestId,
    trace::{Frame, Trace, symbol::Function},
};

/// Logs a failure. `request` is the method and the target, without secrets.
pub(crate) fn log_failure(
    request: &str,
    refusal: Option<NotLocal>,
    failure: &Failure,
    status: StatusCode,
    id: &RequestId,
) {
    if !tracing::enabled!(tracing::Level::ERROR) {
        return;
    }
    let line = LogLine {
        request,
        failure,
        status,
    };
    match refusal {
        Some(refusal) => tracing::error!(request_id = %id, no_page = %refusal, "{line}"),
        None => tracing::error!(request_id = %id, "{line}"),
    }
    if failure.trace().is_some() {
        log_backtrace(PendingBacktrace {
            failure: failure.clone(),
            id: id.clone(),
            dispatch: tracing::dispatcher::get_default(Clone::clone),
        });
    }
}

/// A backtrace to resolve, and the subscriber for its log line.
struct PendingBacktrace {
    failure: Failure,
    id: RequestId,
    dispatch: Dispatch,
}

/// The number of backtraces that can wait. Frequent failures usually have the same backtrace.
const MAX_PENDING: usize = 64;

/// Resolves and logs a backtrace in a background thread: the first resolution in a process loads
/// its debug information, which must not delay other requests.
fn log_backtrace(backtrace: PendingBacktrace) {
    static QUEUE: OnceLock<Option<SyncSender<PendingBacktrace>>> = OnceLock::new();
    let queue = QUEUE.get_or_init(|| {
        let (sender, receiver) = sync_channel::<PendingBacktrace>(MAX_PENDING);
        let thread = thread::Builder::new().name("squall-backtraces".to_owned());
        let started = thread.spawn(move || receiver.iter().for_each(PendingBacktrace::log));
        started.ok().map(|_| sender)
    });
    let id = backtrace.id.clone();
    let sent = queue.as_ref().map(|queue| queue.try_send(backtrace));
    if !matches!(sent, Some(Ok(()))) {
        tracing::error!(request_id = %id, "backtrace dropped: too many failures are waiting to be resolved");
    }
}

impl PendingBacktrace {
    fn log(self) {
        tracing::dispatcher::with_default(&self.dispatch, || {
            let frames = Frames(self.failure.trace());
            tracing::error!(request_id = %self.id, backtrace = %frames, "backtrace");
        });
    }
}

/// `500 GET /path: cannot read the feed: connection refused`, always on one line.
struct LogLine<'a> {
    request: &'a str,
    failure: &'a Failure,
    status: StatusCode,
}

impl fmt::Display for LogLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.request)?;
        if self.failure.is_panic() {
            f.write_str(": a panic")?;
        }
        let mut chain = self.failure.chain();
        chain.try_for_each(|error| write!(f, ": {}", one_line(&error.to_string())))?;
        match self.failure.trace().map(Trace::place) {
            Some(place) => write!(f, " ({place})"),
            None => Ok(()),
        }
    }
}

/// One line per frame.
struct Frames<'a>(Option<&'a Trace>);

impl fmt::Display for Frames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut frames = self.0.map_or(&[][..], Trace::frames).iter();
        frames.try_for_each(|frame| write_frame(f, frame))
    }
}

fn write_frame(f: &mut fmt::Formatter<'_>, frame: &Frame) -> fmt::Result {
    write!(
        f,
        "\n    at {}",
        one_line(&Function::of(&frame.symbol).name)
    )?;
    match &frame.place {
        Some(place) => write!(f, " ({place})"),
        None => Ok(()),
    }
}
