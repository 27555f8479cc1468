//! Calls: the frames and the snippets of a failure, with their source.

use std::path::Path;

use crate::{
    failure::{
        Failure,
        snippet::{Excerpt, Snippet},
    },
    printable::{one_line, printable},
    trace::{
        Frame, Trace,
        owner::{Owner, owner},
        place::Place,
        source::Sources,
        symbol::{Function, crates, is_polled_by},
    },
    tracebacks::Tracebacks,
};

/// A frame, or a snippet with its title instead of a function name.
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) is_async: bool,
    /// The name of the library; `None` for the application.
    pub(crate) library: Option<String>,
    pub(crate) at: Option<SourceLocation>,
    pub(crate) excerpt: Excerpt,
    /// Whether the file is newer than the program, so that lines may be shifted.
    pub(crate) is_newer: bool,
}

pub(crate) struct SourceLocation {
    /// The path as displayed.
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) link: Option<String>,
}

/// The distinct libraries of a group, in order of appearance.
pub(crate) fn libraries(calls: &[Call]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in calls.iter().filter_map(|call| call.library.as_deref()) {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

/// Returns a call for each snippet of the failure.
pub(super) fn of_snippets(tracebacks: &Tracebacks, failure: &Failure) -> Vec<Call> {
    let call = |snippet: &Snippet| Call {
        name: one_line(snippet.title()),
        is_async: false,
        library: None,
        at: snippet
            .path()
            .map(|file| location(tracebacks, file, file, snippet.excerpt().line, 1)),
        excerpt: printable_excerpt(snippet.excerpt()),
        is_newer: false,
    };
    failure.snippets().iter().map(call).collect()
}

/// Returns the calls of the failure's backtrace, from the innermost to the outermost.
pub(super) fn of_trace(tracebacks: &Tracebacks, failure: &Failure) -> Vec<Call> {
    let frames = failure.trace().map_or(&[][..], Trace::frames);
    let mut sources = Sources::new();
    let callers = frames.iter().skip(1).map(|frame| frame.symbol.as_str());
    let callers = callers.chain([""]);
    frames
        .iter()
        .zip(callers)
        .map(|(frame, caller)| call(tracebacks, &mut sources, frame, caller))
        .collect()
}

fn call(tracebacks: &Tracebacks, sources: &mut Sources, frame: &Frame, caller: &str) -> Call {
    let function = Function::of(&frame.symbol);
    let place = frame.place.as_ref();
    let owned = place.map(|place| owner(&place.file));
    let listed = |name: &&str| {
        let libraries = tracebacks.libraries.iter().map(String::as_str);
        // The frames of this crate are never relevant.
        let mut libraries = libraries.chain([env!("CARGO_CRATE_NAME")]);
        libraries.any(|library| is_of(name, library))
    };
    let library = match (crates(&frame.symbol).find(listed), &owned) {
        (Some(name), _) => Some(name.to_owned()),
        (None, Some((Owner::Library(name), _))) => Some(name.clone()),
        (None, Some((Owner::Application, _))) => None,
        // Without debug information there is no source to show.
        (None, None) => Some(crates(&frame.symbol).next().unwrap_or_default().to_owned()),
    };
    let (excerpt, is_newer) = place.map_or_else(Default::default, |place| sources.around(place));
    let shown = place.zip(owned.as_ref());
    Call {
        is_async: function.is_closure && is_polled_by(&function, caller),
        name: one_line(&function.name),
        library,
        at: shown.map(|(Place { file, line, column }, (_, shown))| {
            location(tracebacks, file, shown, *line, *column)
        }),
        excerpt: printable_excerpt(&excerpt),
        is_newer,
    }
}

/// Whether a crate is this library, or its name extends the library's with `_`.
fn is_of(name: &str, library: &str) -> bool {
    let rest = name.strip_prefix(library);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

fn location(
    tracebacks: &Tracebacks,
    file: &Path,
    shown: &Path,
    line: u32,
    column: u32,
) -> SourceLocation {
    let link = file
        .is_absolute()
        .then(|| tracebacks.editor.link(file, line, column));
    SourceLocation {
        file: one_line(&shown.to_string_lossy()),
        line,
        link: link.flatten(),
    }
}

fn printable_excerpt(excerpt: &Excerpt) -> Excerpt {
    Excerpt {
        lines: excerpt.lines.iter().map(|line| printable(line)).collect(),
        ..*excerpt
    }
}
