//! Backtraces: captured cheaply, resolved on demand.

pub(crate) mod owner;
pub(crate) mod place;
pub(crate) mod source;
pub(crate) mod symbol;

use std::sync::OnceLock;

use backtrace::{Backtrace, BacktraceFrame, BacktraceSymbol};

use crate::trace::place::Place;

/// A backtrace, and the place of the error or panic.
pub(crate) struct Trace {
    place: Place,
    unresolved: Backtrace,
    frames: OnceLock<Vec<Frame>>,
}

/// A call. Frames are ordered innermost first.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// The demangled name without hashes.
    pub(crate) symbol: String,
    pub(crate) place: Option<Place>,
}

/// A deeper trace usually is a recursion, whose frames repeat.
const MAX_FRAMES: usize = 200;

/// The number of innermost frames that can belong to the capture; later frames of this crate belong
/// to the layer.
const MAX_CAPTURE_FRAMES: usize = 8;

impl Trace {
    pub(crate) fn capture(place: Place) -> Self {
        Self {
            place,
            unresolved: Backtrace::new_unresolved(),
            frames: OnceLock::new(),
        }
    }

    /// The place, which is known without resolving the backtrace.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Resolves the frames from the place outwards, up to the executor.
    pub(crate) fn frames(&self) -> &[Frame] {
        self.frames.get_or_init(|| {
            let mut backtrace = self.unresolved.clone();
            backtrace.resolve();
            let symbols = backtrace.frames().iter().flat_map(BacktraceFrame::symbols);
            trim(
                symbols.filter_map(Frame::from_symbol).collect(),
                &self.place,
            )
        })
    }
}

/// Removes the frames of the capture, and those of the executor, which are the same for every
/// request.
fn trim(mut frames: Vec<Frame>, place: &Place) -> Vec<Frame> {
    let is_file = |frame: &Frame| {
        let file = frame.place.as_ref().map(|place| &place.file);
        file.is_some_and(|file| file.ends_with(&place.file))
    };
    let is_line = |frame: &Frame| frame.place.as_ref().is_some_and(|at| at.line == place.line);
    let exact = frames
        .iter()
        .position(|frame| is_file(frame) && is_line(frame));
    match exact.or_else(|| frames.iter().position(is_file)) {
        Some(start) => {
            frames.drain(..start);
            if let Some(found) = &mut frames[0].place {
                (found.line, found.column) = (place.line, place.column);
            }
        }
        // Without debug information, only the place is known.
        None => {
            let begin = &frames[..frames.len().min(MAX_CAPTURE_FRAMES)];
            if let Some(ours) = begin.iter().rposition(is_ours) {
                frames.drain(..=ours);
            }
            frames.insert(
                0,
                Frame {
                    symbol: String::new(),
                    place: Some(place.clone()),
                },
            );
        }
    }
    let end = frames.iter().skip(1).position(is_executor);
    frames.truncate(end.map_or(MAX_FRAMES, |end| (end + 1).min(MAX_FRAMES)));
    frames
}

fn is_ours(frame: &Frame) -> bool {
    let path = frame.symbol.trim_start_matches('<');
    path.starts_with(concat!(env!("CARGO_CRATE_NAME"), "::"))
}

/// Whether the frame is outside the request: in this crate's layer, a runtime's task or a thread's
/// start.
fn is_executor(frame: &Frame) -> bool {
    let begins = [
        "tokio::runtime::scheduler::",
        "tokio::runtime::task::harness::",
        "std::sys::backtrace::__rust_begin_short_backtrace",
    ];
    is_ours(frame) || begins.iter().any(|begin| frame.symbol.starts_with(begin))
}

impl Frame {
    fn from_symbol(symbol: &BacktraceSymbol) -> Option<Self> {
        // `{:#}` omits the hash.
        let name = format!("{:#}", symbol.name()?);
        let place = symbol.filename().zip(symbol.lineno());
        Some(Self {
            symbol: name,
            place: place.map(|(file, line)| Place {
                file: file.to_owned(),
                line,
                column: symbol.colno().unwrap_or(0),
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, MAX_FRAMES, Place, trim};

    fn place(file: &str, line: u32) -> Place {
        Place {
            file: file.into(),
            line,
            column: 9,
        }
    }

    /// Parses `symbol` or `symbol /file:line`.
    fn frame(text: &str) -> Frame {
        let (symbol, at) = text.split_at(text.find(" /").unwrap_or(text.len()));
        Frame {
            symbol: symbol.to_owned(),
            place: at.trim_start().split_once(':').map(|(file, line)| Place {
                column: 1,
                ..place(file, line.parse().unwrap())
            }),
        }
    }

    fn write(frame: &Frame) -> String {
        match &frame.place {
            Some(place) => {
                let file = place.file.display();
                format!("{} {file}:{}:{}", frame.symbol, place.line, place.column)
            }
            None => frame.symbol.clone(),
        }
    }

    #[test]
    fn trim_removes_capture_and_executor_frames() {
        let at = place("src/a.rs", 7);
        for (frames, left) in [
            // The place is more precise than the line of its frame.
            (
                &[
                    "squall_debug::new",
                    "<A as From>::from /w/src/a.rs:3",
                    "a::f /w/src/a.rs:7",
                    "a::g /w/src/a.rs:9",
                ][..],
                &["a::f /w/src/a.rs:7:9", "a::g /w/src/a.rs:9:1"][..],
            ),
            // The line of an inlined call can differ.
            (
                &["core::panic", "a::f /w/src/a.rs:6", "a::g /w/src/b.rs:7"],
                &["a::f /w/src/a.rs:7:9", "a::g /w/src/b.rs:7:1"],
            ),
            // A file name with the same suffix.
            (
                &["a::f /w/src/aa.rs:7"],
                &[" src/a.rs:7:9", "a::f /w/src/aa.rs:7:1"],
            ),
            // Without debug information.
            (
                &["backtrace::new", "squall_debug::new", "a::f", "a::g"],
                &[" src/a.rs:7:9", "a::f", "a::g"],
            ),
            (
                &["std::panic", "squall_debug::hook", "core::panic", "a::f"],
                &[" src/a.rs:7:9", "core::panic", "a::f"],
            ),
            (&[], &[" src/a.rs:7:9"]),
            // Executor frames.
            (
                &[
                    "a::f /src/a.rs:7",
                    "<squall_debug::layer::ResponseFuture<F> as Future>::poll",
                    "server::x",
                ],
                &["a::f /src/a.rs:7:9"],
            ),
            (
                &[
                    "a::f /src/a.rs:7",
                    "tokio::sync::x",
                    "tokio::runtime::task::harness::poll_future",
                    "a::main",
                ],
                &["a::f /src/a.rs:7:9", "tokio::sync::x"],
            ),
            (
                &[
                    "a::f /src/a.rs:7",
                    "std::sys::backtrace::__rust_begin_short_backtrace",
                    "main",
                ],
                &["a::f /src/a.rs:7:9"],
            ),
        ] {
            let frames: Vec<_> = frames.iter().map(|text| frame(text)).collect();
            let found: Vec<_> = trim(frames, &at).iter().map(write).collect();
            assert_eq!(found, left);
        }
        let recursion = vec![frame("a::f /w/src/a.rs:7"); MAX_FRAMES * 2];
        assert_eq!(trim(recursion, &at).len(), MAX_FRAMES);
    }
}
