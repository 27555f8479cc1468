//! Report: the content of the page as values. Secrets are masked here, before rendering.

mod calls;
mod sections;

use http::StatusCode;

pub(crate) use self::{
    calls::{Call, libraries},
    sections::Section,
};
use crate::{
    failure::Failure,
    printable::{one_line, printable},
    refusal::{Details, Refusal},
    request::{RequestSnapshot, masked_target, request_id::RequestId},
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

/// A heading with rows of names and values, some of which have a label.
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) rows: Vec<(String, String, Option<String>)>,
    /// The number of rows that are not shown.
    pub(crate) hidden: usize,
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
            sections: sections::of_request(tracebacks, request),
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
        self.snippets = calls::of_snippets(tracebacks, failure);
        self.calls = calls::of_trace(tracebacks, failure);
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

fn cut(value: &str) -> String {
    match value.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => one_line(&value[..end]) + "…",
        None => one_line(value),
    }
}
