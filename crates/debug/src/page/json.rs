//! JSON page, for programs.

use serde_json::{Map, Value, json};

use crate::page::report::{Call, Report, Section, Table};

pub(super) fn render(report: &Report) -> String {
    let calls = |calls: &[Call]| calls.iter().map(call).collect::<Vec<_>>();
    let sections = report.sections.iter().map(section);
    let tables = report.tables.iter().map(table);
    // The first members are those of RFC 9457, which the client expects of any error.
    let value = json!({
        "type": "about:blank",
        "title": report.status.canonical_reason(),
        "status": report.status.as_u16(),
        "detail": report.title,
        "field": report.field,
        "request_id": report.id,
        "kind": report.kind,
        "error": report.title,
        "causes": report.causes,
        "advice": report.advice,
        "details": tables.collect::<Map<_, _>>(),
        "snippets": calls(&report.snippets),
        "frames": calls(&report.calls),
        "about": sections.collect::<Map<_, _>>(),
    });
    format!("{value:#}\n")
}

fn call(call: &Call) -> Value {
    let lines = call.excerpt.numbered();
    json!({
        "name": call.name,
        "async": call.is_async,
        "library": call.library,
        "file": call.at.as_ref().map(|at| &at.file),
        "line": call.at.as_ref().map(|at| at.line),
        "source": lines.map(|(number, line)| json!([number, line])).collect::<Vec<_>>(),
    })
}

/// A row has its label as the third element.
fn table(table: &Table) -> (String, Value) {
    (table.title.to_lowercase(), json!(table.rows))
}

/// Rows are pairs, since names can repeat.
fn section(section: &Section) -> (String, Value) {
    (section.title.to_lowercase(), json!(section.rows))
}
