//! What the log hears of a failure: all of it, under the id that the response carries.

use std::{
    fmt,
    sync::{
        OnceLock,
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

use http::StatusCode;
use tracing::Dispatch;

use crate::{
    Failure, Observed, RequestId,
    facts::Facts,
    mask::Mask,
    printable::one_line,
    symbol::Function,
    trace::{Frame, Trace},
};

pub(crate) fn log(observed: &Observed, failure: &Failure, status: StatusCode, id: &RequestId) {
    if !tracing::enabled!(tracing::Level::ERROR) {
        return;
    }
    let what = What {
        observed,
        failure,
        status,
    };
    match observed.refusal() {
        Some(refusal) => tracing::error!(request_id = %id, no_page = %refusal, "{what}"),
        None => tracing::error!(request_id = %id, "{what}"),
    }
    if failure.trace().is_some() {
        look_up(Backtrace {
            of: failure.clone(),
            id: id.clone(),
            listeners: tracing::dispatcher::get_default(Clone::clone),
        });
    }
}

/// A backtrace that is not looked up yet, and who is to hear of it.
struct Backtrace {
    of: Failure,
    id: RequestId,
    listeners: Dispatch,
}

/// So many may wait to be looked up; who fails faster has the same to say in all of them.
const WAITING: usize = 64;

/// Looks a backtrace up, and logs it, in a thread of its own: the first one of a process reads its debug
/// information, for which no other request should have to wait.
fn look_up(backtrace: Backtrace) {
    static WORK: OnceLock<Option<SyncSender<Backtrace>>> = OnceLock::new();
    let waiting = WORK.get_or_init(|| {
        let (sender, receiver) = sync_channel::<Backtrace>(WAITING);
        let thread = thread::Builder::new().name("squall-backtraces".to_owned());
        let started = thread.spawn(move || receiver.iter().for_each(Backtrace::log));
        started.ok().map(|_| sender)
    });
    let id = backtrace.id.clone();
    let sent = waiting.as_ref().map(|waiting| waiting.try_send(backtrace));
    if !matches!(sent, Some(Ok(()))) {
        tracing::error!(request_id = %id, "no backtrace: too many failures at once");
    }
}

impl Backtrace {
    fn log(self) {
        tracing::dispatcher::with_default(&self.listeners, || {
            let way = Way(self.of.trace());
            tracing::error!(request_id = %self.id, backtrace = %way, "the backtrace");
        });
    }
}

/// `500 GET /path: cannot read the feed: connection refused`, on one line whatever a client sent.
struct What<'a> {
    observed: &'a Observed,
    failure: &'a Failure,
    status: StatusCode,
}

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let observed = self.observed;
        let target = observed.target();
        write!(f, "{} {} {target}", self.status.as_u16(), observed.method)?;
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

/// A line for each frame. These are of the program, and not of a client.
struct Way<'a>(Option<&'a Trace>);

impl fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut frames = self.0.map_or(&[][..], Trace::frames).iter();
        frames.try_for_each(|frame| write_frame(f, frame))
    }
}

/// The path and query as they may be shown, on one line.
pub(crate) fn target(mask: &Mask, observed: &Observed, facts: &Facts) -> String {
    let mut target = mask.path(observed.uri.path(), &facts.params);
    if let Some(query) = observed.uri.query() {
        target.push('?');
        target.push_str(&mask.query(query));
    }
    one_line(&target)
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
