//! All that a page says, as values: what is secret is hidden here, before any form of the page sees it.

use std::{env, path::Path, process};

use http::{StatusCode, header};

use crate::{
    Failure, Observed, RequestId, Snippet, Tracebacks,
    log::target,
    mask::{MASK, Mask},
    observed::Kept,
    printable::{one_line, printable},
    snippet::Excerpt,
    source::{Owner, Sources, owner},
    symbol::{Function, crates, is_polled_by},
    trace::{Frame, Place, Trace},
};

pub(crate) struct Report {
    pub(crate) status: StatusCode,
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) target: String,
    /// `panic`, or the type of the error.
    pub(crate) kind: String,
    pub(crate) title: String,
    pub(crate) causes: Vec<String>,
    pub(crate) snippets: Vec<Call>,
    pub(crate) calls: Vec<Call>,
    pub(crate) sections: Vec<Section>,
}

/// A frame, or a snippet, which has a title where that has a function.
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) is_async: bool,
    /// The library's name, unless it is the application's own.
    pub(crate) library: Option<String>,
    pub(crate) at: Option<At>,
    pub(crate) excerpt: Excerpt,
    /// Whether the file is newer than the program, so that the lines may be others.
    pub(crate) is_newer: bool,
}

pub(crate) struct At {
    /// As it is shown.
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) link: Option<String>,
}

/// Names and values under a heading.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) rows: Vec<(String, String)>,
}

/// How much of a value is shown, in characters.
const LONGEST_VALUE: usize = 2000;
const MAX_ROWS: usize = 200;

impl Report {
    pub(crate) fn new(
        settings: &Tracebacks,
        observed: &Observed,
        kept: &Kept,
        failure: &Failure,
        status: StatusCode,
        id: &RequestId,
    ) -> Self {
        let mut chain = failure.chain().map(|error| printable(&error.to_string()));
        let kind = match failure.type_name() {
            Some(name) => name,
            None if failure.is_panic() => "panic",
            None => "error",
        };
        Self {
            status,
            id: id.to_string(),
            method: observed.method.to_string(),
            target: target(&settings.mask, observed, &kept.facts.get()),
            kind: kind.to_owned(),
            title: chain.next().unwrap_or_default(),
            causes: chain.collect(),
            snippets: snippets(settings, failure),
            calls: calls(settings, failure),
            sections: sections(settings, observed, kept),
        }
    }

    /// Neighbours that are both the application's or both of libraries.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = &[Call]> {
        let is_library = |call: &Call| call.library.is_some();
        self.calls
            .chunk_by(move |a, b| is_library(a) == is_library(b))
    }
}

/// The libraries of a stretch, each once, in their order.
pub(crate) fn libraries(calls: &[Call]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in calls.iter().filter_map(|call| call.library.as_deref()) {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

fn snippets(settings: &Tracebacks, failure: &Failure) -> Vec<Call> {
    let call = |snippet: &Snippet| Call {
        name: one_line(snippet.title()),
        is_async: false,
        library: None,
        at: snippet
            .path()
            .map(|file| at(settings, file, file, snippet.excerpt().line, 1)),
        excerpt: printable_excerpt(snippet.excerpt()),
        is_newer: false,
    };
    failure.snippets().iter().map(call).collect()
}

fn calls(settings: &Tracebacks, failure: &Failure) -> Vec<Call> {
    let frames = failure.trace().map_or(&[][..], Trace::frames);
    let mut sources = Sources::new();
    let callers = frames.iter().skip(1).map(|frame| frame.symbol.as_str());
    let callers = callers.chain([""]);
    frames
        .iter()
        .zip(callers)
        .map(|(frame, caller)| call(settings, &mut sources, frame, caller))
        .collect()
}

fn call(settings: &Tracebacks, sources: &mut Sources, frame: &Frame, caller: &str) -> Call {
    let function = Function::of(&frame.symbol);
    let place = frame.place.as_ref();
    let owned = place.map(|place| owner(&place.file));
    let listed = |name: &&str| {
        let libraries = settings.libraries.iter().map(String::as_str);
        // Our own frames are never what somebody looks for.
        let mut libraries = libraries.chain([env!("CARGO_CRATE_NAME")]);
        libraries.any(|library| is_of(name, library))
    };
    let library = match (crates(&frame.symbol).find(listed), &owned) {
        (Some(name), _) => Some(name.to_owned()),
        (None, Some((Owner::Library(name), _))) => Some(name.clone()),
        (None, Some((Owner::Application, _))) => None,
        // Without a file nobody can look at it.
        (None, None) => Some(crates(&frame.symbol).next().unwrap_or_default().to_owned()),
    };
    let (excerpt, is_newer) = place.map_or_else(Default::default, |place| sources.around(place));
    let shown = place.zip(owned.as_ref());
    Call {
        is_async: function.is_closure && is_polled_by(&function, caller),
        name: one_line(&function.name),
        library,
        at: shown.map(|(Place { file, line, column }, (_, shown))| {
            at(settings, file, shown, *line, *column)
        }),
        excerpt: printable_excerpt(&excerpt),
        is_newer,
    }
}

/// Whether a crate is this library, or another of its family.
fn is_of(name: &str, library: &str) -> bool {
    let rest = name.strip_prefix(library);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

fn at(settings: &Tracebacks, file: &Path, shown: &Path, line: u32, column: u32) -> At {
    let link = file
        .is_absolute()
        .then(|| settings.editor.link(file, line, column));
    At {
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

fn sections(settings: &Tracebacks, observed: &Observed, kept: &Kept) -> Vec<Section> {
    let mask = &settings.mask;
    let facts = kept.facts.get();
    let masked = |pairs: &[(String, String)]| -> Vec<(String, String)> {
        let pairs = pairs.iter();
        let pairs = pairs.map(|(name, value)| (name.clone(), mask.value(name, value)));
        pairs.collect()
    };
    let query = observed.uri.query().unwrap_or_default();
    let query: Vec<_> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let all = [
        ("Request", about(settings, observed, kept)),
        ("Route parameters", masked(&facts.params)),
        ("Query", masked(&query)),
        ("Form", masked(&facts.form)),
        ("Cookies", cookies(mask, kept)),
        ("Headers", headers(mask, kept, &facts.params)),
        ("Process", process(settings)),
    ];
    let filled = all.into_iter().filter(|(_, rows)| !rows.is_empty());
    filled
        .map(|(title, mut rows)| {
            rows.truncate(MAX_ROWS);
            let rows = rows
                .iter()
                .map(|(name, value)| (one_line(name), cut(value)));
            Section {
                title,
                rows: rows.collect(),
            }
        })
        .collect()
}

fn about(settings: &Tracebacks, observed: &Observed, kept: &Kept) -> Vec<(String, String)> {
    let facts = kept.facts.get();
    let host = kept.headers.get(header::HOST);
    let host = host.map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
    [
        ("Method", Some(observed.method.to_string())),
        ("Target", Some(target(&settings.mask, observed, &facts))),
        ("Route", facts.route),
        (
            "Host",
            host.or_else(|| observed.uri.host().map(str::to_owned)),
        ),
        ("Client", kept.peer.map(|peer| peer.to_string())),
        ("Version", Some(format!("{:?}", kept.version))),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

/// Those that cannot be read as a name and a value are hidden: nobody knows what they are.
fn cookies(mask: &Mask, kept: &Kept) -> Vec<(String, String)> {
    let lines = kept.headers.get_all(header::COOKIE).iter();
    let lines = lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned());
    let all = lines.collect::<Vec<_>>().join(";");
    let all = all
        .split(';')
        .map(str::trim)
        .filter(|cookie| !cookie.is_empty());
    all.map(|cookie| match cookie.split_once('=') {
        Some((name, value)) => (name.to_owned(), mask.cookie(name, value)),
        None => ("unreadable".to_owned(), MASK.to_owned()),
    })
    .collect()
}

fn headers(mask: &Mask, kept: &Kept, params: &[(String, String)]) -> Vec<(String, String)> {
    // Cookies have their own section.
    let headers = kept
        .headers
        .iter()
        .filter(|(name, _)| *name != header::COOKIE);
    headers
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            let value = mask.value(name.as_str(), &value);
            // `Referer` may have been this same path.
            (name.to_string(), mask.path(&value, params))
        })
        .collect()
}

fn process(settings: &Tracebacks) -> Vec<(String, String)> {
    let mut rows = settings.facts.clone();
    rows.push(("Process id".to_owned(), process::id().to_string()));
    let system = format!("{} on {}", env::consts::OS, env::consts::ARCH);
    rows.push(("System".to_owned(), system));
    rows
}

fn cut(value: &str) -> String {
    match value.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => one_line(&value[..end]) + "…",
        None => one_line(value),
    }
}
