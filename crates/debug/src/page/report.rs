//! Report: the content of the page as values. Secrets are masked here, before rendering.

use std::{env, path::Path, process};

use http::{StatusCode, header};

use crate::{
    failure::{
        Failure,
        snippet::{Excerpt, Snippet},
    },
    mask::{MASK, Mask},
    printable::{one_line, printable},
    refusal::{Details, Refusal},
    request::{RequestSnapshot, masked_target, request_id::RequestId},
    trace::{
        Frame, Trace,
        owner::{Owner, owner},
        place::Place,
        source::Sources,
        symbol::{Function, crates, is_polled_by},
    },
    tracebacks::Tracebacks,
};

pub(crate) struct Report {
    pub(crate) status: StatusCode,
    /// The id in the log, which a refusal may lack.
    pub(crate) id: Option<String>,
    pub(crate) method: String,
    pub(crate) target: String,
    /// `panic`, the type of the error, or `refusal`.
    pub(crate) kind: String,
    pub(crate) title: String,
    /// The field of a refusal.
    pub(crate) field: Option<String>,
    pub(crate) causes: Vec<String>,
    /// Advice on a refusal. Text between backticks is code.
    pub(crate) advice: Vec<String>,
    pub(crate) tables: Vec<Table>,
    pub(crate) is_refusal: bool,
    /// Whether there is an error or a panic, whose backtrace may be missing.
    pub(crate) has_failure: bool,
    pub(crate) snippets: Vec<Call>,
    pub(crate) calls: Vec<Call>,
    pub(crate) sections: Vec<Section>,
}

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

/// A heading with rows of names and values, some of which have a label.
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) rows: Vec<(String, String, Option<String>)>,
    /// The number of rows that are not shown.
    pub(crate) hidden: usize,
}

/// A heading with rows of names and values.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) rows: Vec<(String, String)>,
}

/// The maximum length of a displayed value, in characters.
const MAX_VALUE: usize = 2000;
const MAX_ROWS: usize = 200;

impl Report {
    pub(crate) fn of_failure(
        tracebacks: &Tracebacks,
        request: &RequestSnapshot,
        failure: &Failure,
        status: StatusCode,
        id: &RequestId,
    ) -> Self {
        let mut report = Self::of_request(tracebacks, request, status, Some(id));
        report.add_failure(tracebacks, failure);
        report
    }

    pub(crate) fn of_refusal(
        tracebacks: &Tracebacks,
        request: &RequestSnapshot,
        refusal: &Refusal,
        status: StatusCode,
        id: Option<&RequestId>,
    ) -> Self {
        let mut report = Self::of_request(tracebacks, request, status, id);
        "refusal".clone_into(&mut report.kind);
        report.is_refusal = true;
        if let Some(failure) = &refusal.failure {
            report.add_failure(tracebacks, failure);
        }
        report.title = printable(&refusal.reason);
        report.field = refusal.field.as_deref().map(one_line);
        report.advice = refusal.advice.iter().map(|text| one_line(text)).collect();
        report.tables = refusal.details.iter().map(Table::of).collect();
        report
    }

    fn of_request(
        tracebacks: &Tracebacks,
        request: &RequestSnapshot,
        status: StatusCode,
        id: Option<&RequestId>,
    ) -> Self {
        Self {
            status,
            id: id.map(ToString::to_string),
            method: request.method.to_string(),
            target: masked_target(&tracebacks.mask, &request.uri, &request.metadata.get()),
            kind: String::new(),
            title: String::new(),
            field: None,
            causes: Vec::new(),
            advice: Vec::new(),
            tables: Vec::new(),
            is_refusal: false,
            has_failure: false,
            snippets: Vec::new(),
            calls: Vec::new(),
            sections: sections(tracebacks, request),
        }
    }

    fn add_failure(&mut self, tracebacks: &Tracebacks, failure: &Failure) {
        let mut chain = failure.chain().map(|error| printable(&error.to_string()));
        let kind = match failure.type_name() {
            Some(name) => name,
            None if failure.is_panic() => "panic",
            None => "error",
        };
        kind.clone_into(&mut self.kind);
        self.title = chain.next().unwrap_or_default();
        self.causes = chain.collect();
        self.has_failure = true;
        self.snippets = snippets(tracebacks, failure);
        self.calls = calls(tracebacks, failure);
    }

    /// Groups adjacent calls: those of the application, and those of libraries.
    pub(crate) fn call_groups(&self) -> impl Iterator<Item = &[Call]> {
        let is_library = |call: &Call| call.library.is_some();
        self.calls
            .chunk_by(move |a, b| is_library(a) == is_library(b))
    }
}

impl Table {
    fn of(details: &Details) -> Self {
        let rows = details.rows.iter().take(MAX_ROWS);
        let rows = rows.map(|row| {
            let mark = row.mark.as_deref().map(one_line);
            (cut(&row.name), cut(&row.value), mark)
        });
        Self {
            title: one_line(&details.title),
            rows: rows.collect(),
            hidden: details.rows.len().saturating_sub(MAX_ROWS),
        }
    }
}

/// Splits advice at its backticks. The second value is whether the part is code.
pub(crate) fn code_parts(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let parts = text.split('`').enumerate();
    parts
        .map(|(i, part)| (part, i % 2 == 1))
        .filter(|(part, _)| !part.is_empty())
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

fn snippets(tracebacks: &Tracebacks, failure: &Failure) -> Vec<Call> {
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

fn calls(tracebacks: &Tracebacks, failure: &Failure) -> Vec<Call> {
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

fn sections(tracebacks: &Tracebacks, request: &RequestSnapshot) -> Vec<Section> {
    let mask = &tracebacks.mask;
    let metadata = request.metadata.get();
    let masked = |pairs: &[(String, String)]| -> Vec<(String, String)> {
        let pairs = pairs.iter();
        let pairs = pairs.map(|(name, value)| (name.clone(), mask.value(name, value)));
        pairs.collect()
    };
    let query = request.uri.query().unwrap_or_default();
    let query: Vec<_> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let all = [
        ("Request", request_rows(tracebacks, request)),
        ("Route parameters", masked(&metadata.params)),
        ("Query", masked(&query)),
        ("Form", masked(&metadata.form)),
        ("Cookies", cookies(mask, request)),
        ("Headers", headers(mask, request, &metadata.params)),
        ("Process", process_rows(tracebacks)),
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

fn request_rows(tracebacks: &Tracebacks, request: &RequestSnapshot) -> Vec<(String, String)> {
    let metadata = request.metadata.get();
    let host = request.headers.get(header::HOST);
    let host = host.map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
    [
        ("Method", Some(request.method.to_string())),
        (
            "Target",
            Some(masked_target(&tracebacks.mask, &request.uri, &metadata)),
        ),
        ("Route", metadata.route),
        (
            "Host",
            host.or_else(|| request.uri.host().map(str::to_owned)),
        ),
        ("Peer", request.peer.map(|peer| peer.to_string())),
        ("Version", Some(format!("{:?}", request.version))),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

/// Cookies that are not `name=value` are masked, since they may be secret.
fn cookies(mask: &Mask, request: &RequestSnapshot) -> Vec<(String, String)> {
    let lines = request.headers.get_all(header::COOKIE).iter();
    let lines = lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned());
    let all = lines.collect::<Vec<_>>().join(";");
    let all = all
        .split(';')
        .map(str::trim)
        .filter(|cookie| !cookie.is_empty());
    all.map(|cookie| match cookie.split_once('=') {
        Some((name, value)) => (name.to_owned(), mask.cookie(name, value)),
        None => ("malformed".to_owned(), MASK.to_owned()),
    })
    .collect()
}

fn headers(
    mask: &Mask,
    request: &RequestSnapshot,
    params: &[(String, String)],
) -> Vec<(String, String)> {
    // Cookies have their own section.
    let headers = request
        .headers
        .iter()
        .filter(|(name, _)| *name != header::COOKIE);
    headers
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            let value = mask.value(name.as_str(), &value);
            // A `Referer` may contain the same path.
            (name.to_string(), mask.path(&value, params))
        })
        .collect()
}

fn process_rows(tracebacks: &Tracebacks) -> Vec<(String, String)> {
    let mut rows = tracebacks.process_info.clone();
    rows.push(("Process id".to_owned(), process::id().to_string()));
    let system = format!("{} on {}", env::consts::OS, env::consts::ARCH);
    rows.push(("System".to_owned(), system));
    rows
}

fn cut(value: &str) -> String {
    match value.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => one_line(&value[..end]) + "…",
        None => one_line(value),
    }
}
