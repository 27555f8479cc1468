//! What the log hears of a failure: all of it, under the id that the response carries.

use std::fmt;

use http::StatusCode;

use crate::{
    Failure, Observed, RequestFacts, RequestId,
    facts::Facts,
    mask::Mask,
    printable::one_line,
    source::owner,
    symbol::Function,
    trace::{Frame, Trace},
};

pub(crate) fn log(observed: &Observed, failure: &Failure, status: StatusCode, id: &RequestId) {
    // Looking up frames is expensive, so nothing is made that nobody hears.
    if !tracing::enabled!(tracing::Level::ERROR) {
        return;
    }
    let what = What {
        observed,
        failure,
        status,
    };
    let way = Way(failure.trace());
    match observed.refusal() {
        Some(refusal) => {
            tracing::error!(request_id = %id, no_page = %refusal, backtrace = %way, "{what}");
        }
        None => tracing::error!(request_id = %id, backtrace = %way, "{what}"),
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
        let mask = &observed.shared.settings.mask;
        let facts = observed.facts().map(RequestFacts::get);
        let target = target(mask, observed, &facts.unwrap_or_default());
        write!(f, "{} {} {target}", self.status.as_u16(), observed.method)?;
        if self.failure.is_panic() {
            f.write_str(": a panic")?;
        }
        let mut chain = self.failure.chain();
        chain.try_for_each(|error| write!(f, ": {}", one_line(&error.to_string())))
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
        Some(place) => {
            let (_, shown) = owner(&place.file);
            let shown = one_line(&shown.to_string_lossy());
            write!(f, " ({shown}:{})", place.line)
        }
        None => Ok(()),
    }
}
